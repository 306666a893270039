// Behind the "+": pictures, files and voices, from this computer or made up on the spot.

import { send } from "./acting.js";
import { h, icon } from "./dom.js";
import { demoPicture } from "./demo-picture.js";
import { openSheet } from "./sheet.js";

const LOG = "2026-01-07 10:02:11 E03 纸张传感器：2 号纸盒进纸超时\n2026-01-07 10:02:15 E03 重试 3 次失败\n";
const SPOKEN = "三楼东侧的打印机又卡纸了，麻烦来看一下";

export function openAttach(place, text) {
  openSheet(place.phone, "发送", (close) => {
    const tile = (kind, label, name, run) =>
      h(
        "button",
        {
          type: "button",
          class: "tile",
          data: { attach: kind },
          on: {
            click: () => {
              close();
              run();
            },
          },
        },
        h("span", { class: "tile-icon" }, icon(name)),
        label,
      );
    const tiles = [
      tile("demo-image", "演示图片", "image", async () => sendPicture(place, text, await demoPicture())),
      tile("image", "选图片", "camera", () =>
        choose("image/png,image/jpeg", (file) => sendPicture(place, text, file)),
      ),
    ];
    // In a group the robot gets neither files nor voices (dingtalk.md §2.1).
    if (!place.group) {
      tiles.push(
        tile("demo-file", "演示文件", "file", () =>
          send(place, "file", new File([LOG], "打印机日志.txt", { type: "text/plain" })),
        ),
        tile("file", "选文件", "folder", () => choose("", (file) => send(place, "file", file))),
        tile("voice", "语音", "voice", () => openVoice(place)),
      );
    }
    return h("div", { class: "tiles" }, tiles);
  });
}

/** In a group what is typed goes along with the picture, in one message. */
function sendPicture(place, text, file) {
  const words = place.group ? text.value.trim() : "";
  if (words) {
    text.value = "";
    text.dispatchEvent(new Event("input"));
  }
  send(place, "image", file, words);
}

function choose(accept, take) {
  const input = h("input", { type: "file", accept });
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
  });
  input.click();
}

export function openVoice(place) {
  openSheet(place.phone, "语音", (close) => {
    const words = h("textarea", {
      class: "voice-text",
      rows: "2",
      autofocus: true,
      "aria-label": "这段语音说了什么",
      data: { testid: "voice-text" },
      value: SPOKEN,
    });
    const note =
      place.platform === "wecom"
        ? "企业微信不给语音转文字，机器人只收到声音。"
        : "钉钉会把语音转成文字一起给机器人。";
    const speak = () => {
      close();
      send(place, "voice", null, words.value.trim());
    };
    return h(
      "div",
      { class: "voice-sheet" },
      words,
      h("p", {}, note),
      h(
        "button",
        { type: "button", class: "sheet-main", data: { action: "send-voice" }, on: { click: speak } },
        "发送语音",
      ),
    );
  });
}
