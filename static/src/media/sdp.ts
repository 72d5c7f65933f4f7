/** The few lines of SDP the client reads or adds itself (RFC 8866, RFC 8829 §5.2, RFC 8830 for msid). */

/**
 * Whose track each media line carries, by `mid`: the `msid` stream id, which is a participant id; of a further picture
 * (`<participant>-video-2`: a screen, a document camera) `<participant>/2`. Lines without one are left out.
 */
export function sendersByMid(sdp: string): ReadonlyMap<string, string> {
  const senders = new Map<string, string>();
  for (const section of sdp.split(/\r?\n(?=m=)/).slice(1)) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    const [, stream, label] = /^a=msid:(\S+)(?: \S+-video-(\d+)\s*$)?/m.exec(section) ?? [];
    const sends = /^a=(sendrecv|sendonly)\s*$/m.test(section);
    if (mid && stream && stream !== "-" && sends)
      senders.set(mid, label ? `${stream}/${label}` : stream);
  }
  return senders;
}

/** Asks for retransmission of sound too: browsers obey `nack` for Opus but do not offer it by themselves. */
export function withAudioNack(sdp: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\s*$/im.exec(sdp)?.[1];
  if (opus === undefined || sdp.includes(`a=rtcp-fb:${opus} nack`)) return sdp;
  const line = new RegExp(`^(a=rtpmap:${opus} opus/48000/2)(\\r?\\n)`, "im");
  return sdp.replace(line, `$1$2a=rtcp-fb:${opus} nack$2`);
}
