import { defineMessages } from "../../i18n/messages";

export const texts = defineMessages(
  {
    recording_starts: "The recording starts",
    recording_starts_text: "As you agreed. A red sign shows while it runs.",
    recording_starts_staff: "Please wait for the red REC sign before you go on.",
    recording_stops: "The recording ends",
    recording_stops_text: "We close and seal it now.",
    recording_stops_staff: "The files are being closed and hashed.",
    picture: "Taking the picture",
    picture_text: "Hold still for a moment.",
    picture_staff: "From the customer’s video, as it arrives here.",
    usual: "Usually one second",
    longer: "Still working on it. Nothing you did is lost.",
  },
  {
    recording_starts: "开始录制",
    recording_starts_text: "您已同意录制。录制期间会显示红色标志。",
    recording_starts_staff: "请等红色录制标志出现后再继续。",
    recording_stops: "录制结束",
    recording_stops_text: "正在关闭并封存录像。",
    recording_stops_staff: "正在关闭文件并计算哈希。",
    picture: "正在拍摄",
    picture_text: "请保持不动。",
    picture_staff: "取自此处收到的客户视频。",
    usual: "通常需要一秒",
    longer: "仍在处理，您已完成的内容不会丢失。",
  },
);
