/** What the connection gives, over the last interval. */
export interface Quality {
  roundTripMs: number | null;
  fps: number;
  kbps: number;
  width: number;
  height: number;
  /** Of the packets of the interval. */
  lossPercent: number;
  /** "VP8"; empty before the first frame. */
  codec: string;
  /** Whether every pixel has a colour of its own (4:4:4), or four share one (4:2:0); null before the first frame. */
  fullColour: boolean | null;
  via: Via | null;
}

/** How media travels; "turn": relayed by a TURN server. */
export type Via = 'webrtc-udp' | 'webrtc-tcp' | 'turn';

/** Stats entries by id: an RTCStatsReport, or a Map in tests. */
export type Report = ReadonlyMap<string, Record<string, unknown>>;

interface Counters {
  time: number;
  frames: number;
  bytes: number;
  received: number;
  lost: number;
}

const number = (value: unknown) => (typeof value === 'number' ? value : 0);
const word = (value: unknown) => (typeof value === 'string' ? value : '');

/** Turns consecutive getStats reports of a video receiver into figures. */
export class QualityProbe {
  #before: Counters | null = null;

  /** Null until two reports of one stream were read. */
  read(report: Report): Quality | null {
    const inbound = find(report, (s) => s.type === 'inbound-rtp' && s.kind === 'video');
    if (!inbound) return null;
    const now: Counters = {
      time: number(inbound.timestamp),
      frames: number(inbound.framesDecoded),
      bytes: number(inbound.bytesReceived),
      received: number(inbound.packetsReceived),
      lost: number(inbound.packetsLost),
    };
    const before = this.#before;
    this.#before = now;
    const seconds = before ? (now.time - before.time) / 1000 : 0;
    if (!before || seconds <= 0 || now.bytes < before.bytes) return null;
    const lost = Math.max(0, now.lost - before.lost);
    const packets = lost + Math.max(0, now.received - before.received);
    const codec = report.get(word(inbound.codecId));
    const pair = selected(report);
    return {
      roundTripMs:
        pair?.currentRoundTripTime === undefined ? null : number(pair.currentRoundTripTime) * 1000,
      fps: (now.frames - before.frames) / seconds,
      kbps: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
      width: number(inbound.frameWidth),
      height: number(inbound.frameHeight),
      lossPercent: packets > 0 ? (100 * lost) / packets : 0,
      codec: word(codec?.mimeType).replace('video/', ''),
      fullColour: codec ? hasFullColour(word(codec.mimeType), word(codec.sdpFmtpLine)) : null,
      via: viaOf(report),
    };
  }
}

/** The way that media takes now; null before there is one. */
export function viaOf(report: Report): Via | null {
  const local = report.get(word(selected(report)?.localCandidateId));
  if (!local) return null;
  if (local.candidateType === 'relay') return 'turn';
  return local.protocol === 'tcp' ? 'webrtc-tcp' : 'webrtc-udp';
}

/** How many of ICE's checks on the path that media takes were answered so far; null before there is one. */
export function answersOf(report: Report): number | null {
  const pair = selected(report);
  return pair ? number(pair.responsesReceived) : null;
}

/** Of several pairs that were nominated in their time, the transport's own. */
function selected(report: Report) {
  const transport = find(report, (s) => s.type === 'transport');
  return (
    report.get(word(transport?.selectedCandidatePairId)) ??
    find(report, (s) => s.type === 'candidate-pair' && s.nominated === true)
  );
}

/** The profiles with 4:4:4 chroma, as session descriptions name them. */
export function hasFullColour(mimeType: string, fmtp: string): boolean {
  const parameters = new Map(
    fmtp.split(';').map((field) => field.trim().split('=') as [string, string]),
  );
  switch (mimeType.toLowerCase()) {
    case 'video/vp9':
      return ['1', '3'].includes(parameters.get('profile-id') ?? '0');
    case 'video/av1':
      return parameters.get('profile') === '1';
    case 'video/h264':
      return (parameters.get('profile-level-id') ?? '').toLowerCase().startsWith('f4');
    default:
      return false;
  }
}

function find(report: Report, wanted: (stat: Record<string, unknown>) => boolean) {
  for (const stat of report.values()) if (wanted(stat)) return stat;
  return undefined;
}
