// A bot on the unmodified npm package @wecom/aibot-node-sdk. Arguments: the package's folder, address, bot id, secret.
import { createRequire } from "node:module";

const [folder, wsUrl, botId, secret] = process.argv.slice(2);
const { WSClient } = createRequire(`${folder}/package.json`)(folder);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
// A connection that is cut rejects the answers that were under way.
process.on("unhandledRejection", () => {});
const client = new WSClient({ botId, secret, wsUrl, logger: quiet, reconnectInterval: 20, heartbeatInterval: 200 });
const card = (task_id, title, buttons) => ({
  card_type: "button_interaction",
  main_title: { title },
  button_list: buttons.map((key) => ({ text: key, key, style: 1 })),
  task_id,
});

client.on("error", () => {});
client.on("message.text", async (frame) => {
  const { text, chatid, from } = frame.body;
  if (text.content.endsWith("卡片")) {
    await client.replyTemplateCard(frame, card("task-1", "T-1 打印机", ["accept", "look"]));
  } else if (text.content.endsWith("文件")) {
    const file = await client.uploadMedia(Buffer.alloc(600 * 1024, 7), { type: "file", filename: "日志.txt" });
    await client.sendMediaMessage(chatid ?? from.userid, "file", file.media_id);
    await client.replyStream(frame, "s-file", "已发", true);
  } else {
    await client.replyStream(frame, "s-1", "正在建单…", false);
    await client.replyStream(frame, "s-1", `收到：${text.content}`, true);
    await client.sendMessage(chatid ?? from.userid, { msgtype: "markdown", markdown: { content: "**稍后**再说" } });
  }
});
client.on("message.image", async (frame) => {
  const { buffer, filename } = await client.downloadFile(frame.body.image.url, frame.body.image.aeskey);
  await client.replyStream(frame, "s-2", `${filename} ${buffer.length}`, true);
});
client.on("event.enter_chat", (frame) => client.replyWelcome(frame, { msgtype: "text", text: { content: "您好" } }));
client.on("event.template_card_event", (frame) => {
  const { task_id } = frame.body.event.template_card_event;
  client.updateTemplateCard(frame, card(task_id, "T-1 处理中", ["look"]));
});
client.connect();
