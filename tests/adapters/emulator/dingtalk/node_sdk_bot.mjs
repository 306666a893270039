// A bot on the unmodified npm package dingtalk-stream. Arguments: the package's folder, client id, client secret.
import { pathToFileURL } from "node:url";

const [folder, clientId, clientSecret] = process.argv.slice(2);
const { DWClient } = await import(pathToFileURL(`${folder}/dist/index.mjs`));
const client = new DWClient({ clientId, clientSecret });

client.registerCallbackListener("/v1.0/im/bot/messages/get", async (frame) => {
  const message = JSON.parse(frame.data);
  const content = `收到：${message.text.content.trim()}`;
  await fetch(message.sessionWebhook, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ msgtype: "text", text: { content } }),
  });
  client.socketCallBackResponse(frame.headers.messageId, { ok: true });
});
client.registerCallbackListener("/v1.0/card/instances/callback", (frame) => {
  const { userId } = JSON.parse(frame.data);
  client.socketCallBackResponse(frame.headers.messageId, {
    cardUpdateOptions: { updateCardDataByKey: true },
    cardData: { cardParamMap: { markdown: `${userId} 已接单` } },
  });
});
client.registerAllEventListener(() => ({ status: "SUCCESS", message: "OK" }));
await client.getAccessToken();
await client.connect();
