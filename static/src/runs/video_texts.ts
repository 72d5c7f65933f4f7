/** What the making of one video says, in both languages. */

import { defineMessages } from "../i18n/messages";

export const videoTexts = defineMessages(
  {
    title: "One video",
    text: "Everybody side by side with the time, chapters and even sound, as one MP4.",
    make: "Make the video",
    again: "Try again",
    waiting: "Waits for another video to be finished",
    working: "Being made, {n} %",
    cancel: "Cancel",
    failed: "It could not be made. The recordings themselves are not affected.",
    refused: "It cannot be made now.",
    download: "Download the video",
    download_failed: "The download was refused. Nothing left the house.",
  },
  {
    title: "合成视频",
    text: "所有人并排显示，带时间、章节和均衡的声音，合成为一个 MP4 文件。",
    make: "生成视频",
    again: "重试",
    waiting: "等待另一个视频完成",
    working: "正在生成，{n}%",
    cancel: "取消",
    failed: "未能生成视频，原始录像不受影响。",
    refused: "现在无法生成。",
    download: "下载视频",
    download_failed: "下载被拒绝，没有任何内容外传。",
  },
);
