import {
  type ByteStreamReader,
  ConnectionState,
  DefaultReconnectPolicy,
  DisconnectReason,
  type Participant,
  ParticipantKind,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type RemoteVideoTrack,
  Room,
  RoomEvent,
  setLogLevel,
  type TextStreamReader,
  Track,
  VideoQuality,
} from 'livekit-client';
import type { Role } from '../api';
import { type Line, MAX_FILE } from '../chat';
import { type Display, parseDisplay } from '../geometry';
import type { Layer } from '../layers';
import type { Route } from '../path';
import { colourAt } from '../presence';
import { answersOf, type Report } from '../quality';
import type { LinkState } from '../standing';
import {
  type Asking,
  type ClipboardMessage,
  type CursorMessage,
  decodeClipboard,
  decodeControl,
  decodeCursor,
  decodeExact,
  decodeFrameTag,
  decodePresence,
  encodeControl,
  encodePresence,
  type FrameTag,
  type Lease,
  leaseOfMetadata,
  type PresenceMessage,
  Topic,
} from '../wire';
import { COLOUR, DISPLAY, ROLE, SCALE, UNFIT } from '../words';

/** Somebody in the room. */
export interface Person {
  identity: string;
  name: string;
  role: Role;
  /** CSS colour that this person is shown in, another than anybody else's. */
  colour: string;
  me: boolean;
}

/** Why the connection ended for good. */
export type LostReason = 'network' | 'elsewhere' | 'removed' | 'closed';

/** What a link tells. Calls stop with close(). */
export interface LinkPorts {
  onState(state: LinkState, reason?: LostReason): void;
  onPeople(people: Person[]): void;
  /**
   * The agent's display, null while no agent is in the room, and why it is not as it
   * was last asked for.
   */
  onDisplay(display: Display | null, unfit: string): void;
  onLease(lease: Lease): void;
  onTrack(track: RemoteVideoTrack | null): void;
  onTag(tag: FrameTag): void;
  /** The frame with this RTP timestamp is the display, pixel by pixel. */
  onExact(rtpTimestamp: number): void;
  onCursor(message: CursorMessage): void;
  onClipboard(message: ClipboardMessage): void;
  onRefused(code: string, reason: string, generation: number): void;
  onNotice(code: string, text: string): void;
  /** Where somebody points, marks or looks; from '': the server tells of all. */
  onPresence(message: PresenceMessage, from: string): void;
  onLine(line: Line): void;
  /** Something came by the connection that media uses. */
  onHeard(): void;
  /** The server heard an echo asked for, and the answer came back. */
  onEcho(code: string): void;
}

/** LiveKit's topic of the chat, and who wrote what is told again. */
const CHAT = 'lk.chat';
const WRITER = 'easel.name';
const OPAQUE = 'application/octet-stream';
/** A file's pieces in bytes, and how far apart they go: 1 MB/s, half of what the server takes. */
const PIECE = 15_000;
const PIECE_MS = 15;

const REASONS: Partial<Record<DisconnectReason, LostReason>> = {
  [DisconnectReason.DUPLICATE_IDENTITY]: 'elsewhere',
  [DisconnectReason.PARTICIPANT_REMOVED]: 'removed',
  [DisconnectReason.ROOM_DELETED]: 'closed',
  [DisconnectReason.ROOM_CLOSED]: 'closed',
};

/** A resume either works soon or a new entry, with a new token, does better. */
const RESUME_DELAYS_MS = [0, 300, 1000, 2000];
/** TCP asks ever more rarely for a connection that is not answered: asking anew is sooner. */
const websocketTimeout = 4000;

/** One connection to a room: the display's picture, and Easel's own messages. */
export class RoomLink {
  #room = new Room({
    adaptiveStream: false,
    dynacast: false,
    disconnectOnPageLeave: true,
    reconnectPolicy: new DefaultReconnectPolicy(RESUME_DELAYS_MS),
  });
  #ports: LinkPorts;
  #publication: RemoteTrackPublication | null = null;
  #layer: Layer = 'full';
  #over = false;
  /** The way through the network that it is held to. */
  readonly route: Route;

  constructor(ports: LinkPorts, route: Route = 'any') {
    this.#ports = ports;
    this.route = route;
    setLogLevel('warn');
    this.#listen();
  }

  /** Resolves once connected; rejects when the server can't be joined. */
  async connect(url: string, token: string): Promise<void> {
    // Only the server can leave out ways that the browser would take first.
    const at = this.route === 'tcp' ? `${url}?candidates=tcp` : url;
    const rtcConfig: RTCConfiguration =
      this.route === 'relay' ? { iceTransportPolicy: 'relay' } : {};
    const once = { websocketTimeout, maxRetries: 1 };
    await this.#room.connect(at, token, { autoSubscribe: true, rtcConfig, ...once });
    if (this.#over) return;
    this.#ports.onState('connected');
    this.#tellLease();
    this.#tellPeople();
  }

  get identity(): string {
    return this.#room.localParticipant.identity;
  }

  /** Changes with every entry into the room, not when a connection resumes. */
  get entry(): string {
    return this.#room.localParticipant.sid;
  }

  /** Sends an input packet to the agent; a lost connection drops it. */
  sendInput(packet: Uint8Array<ArrayBuffer>, reliable: boolean): void {
    this.#publish(packet, reliable, Topic.input);
  }

  /** Says something about the clipboard. */
  sendClipboard(packet: Uint8Array<ArrayBuffer>): void {
    this.#publish(packet, true, Topic.clipboard);
  }

  /** Asks the server something about control of the canvas. */
  ask(control: Asking): void {
    this.#publish(encodeControl(control), true, Topic.control);
  }

  /** Asks the server to say the same code on the connection that media uses. */
  echo(code: string): void {
    this.#publish(encodeControl({ type: 'echo', code }), false, Topic.control);
  }

  /** Shows the others where this person points, marks or looks. */
  show(message: PresenceMessage, reliable: boolean): void {
    this.#publish(encodePresence(message), reliable, Topic.pointer);
  }

  /** Says something to everyone; the line as it was sent. */
  async say(text: string): Promise<Line> {
    const me = this.#room.localParticipant;
    const { id, timestamp } = await me.sendText(text, { topic: CHAT });
    return {
      id,
      identity: me.identity,
      name: me.name || me.identity,
      text,
      at: timestamp,
      mine: true,
    };
  }

  /**
   * Puts a file into the chat; the line as it was sent. It goes in pieces at a pace
   * that leaves room for the hand.
   */
  async share(file: File): Promise<Line> {
    const me = this.#room.localParticipant;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const writer = await me.streamBytes({
      name: file.name,
      topic: CHAT,
      mimeType: OPAQUE,
      totalSize: bytes.length,
    });
    for (let at = 0; at < bytes.length; at += PIECE) {
      await writer.write(bytes.subarray(at, at + PIECE));
      await new Promise((done) => setTimeout(done, PIECE_MS));
    }
    await writer.close();
    const { id, timestamp } = writer.info;
    return this.#shared(id, timestamp, me.identity, file.name, [bytes]);
  }

  #shared(
    id: string,
    at: number,
    identity: string,
    name: string,
    parts: Uint8Array<ArrayBuffer>[],
  ): Line {
    // A type of no meaning: the browser saves it, and never shows it as a page.
    const blob = new Blob(parts, { type: OPAQUE });
    const who = this.#room.getParticipantByIdentity(identity)?.name || identity;
    const file = { name, size: blob.size, url: URL.createObjectURL(blob) };
    return { id, identity, name: who, text: '', at, mine: identity === this.identity, file };
  }

  async #take(reader: ByteStreamReader, identity: string): Promise<void> {
    const { id, timestamp, name, size } = reader.info;
    if ((size ?? 0) > MAX_FILE) return;
    try {
      const parts = (await reader.readAll()) as Uint8Array<ArrayBuffer>[];
      if (!this.#over) this.#ports.onLine(this.#shared(id, timestamp, identity, name, parts));
    } catch {
      // It was cut off: whoever sent it is told why.
    }
  }

  /** Which simulcast layer to receive from now on. */
  prefer(layer: Layer): void {
    this.#layer = layer;
    this.#publication?.setVideoQuality(layer === 'full' ? VideoQuality.HIGH : VideoQuality.MEDIUM);
  }

  /** The video receiver's statistics, undefined while there is no picture. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#publication?.track?.getRTCStatsReport();
  }

  /** How many of ICE's checks on the media's path were answered; null before there is one. */
  async answers(): Promise<number | null> {
    const report = await this.stats();
    return report ? answersOf(report as Report) : null;
  }

  close(): void {
    this.#over = true;
    this.#room.removeAllListeners();
    void this.#room.disconnect();
  }

  #publish(payload: Uint8Array<ArrayBuffer>, reliable: boolean, topic: string): void {
    if (this.#over) return;
    // What can't be sent now is stale by the time it could: the lease is told anew.
    this.#room.localParticipant.publishData(payload, { reliable, topic }).catch(() => {});
  }

  #listen(): void {
    const people = () => this.#tellPeople();
    this.#room
      .on(RoomEvent.SignalReconnecting, () => this.#ports.onState('reconnecting'))
      .on(RoomEvent.Reconnecting, () => this.#ports.onState('reconnecting'))
      .on(RoomEvent.Reconnected, () => {
        this.#ports.onState('connected');
        this.#tellLease();
        people();
      })
      .on(RoomEvent.Disconnected, (reason) => {
        this.#publication = null;
        this.#ports.onState(
          'lost',
          REASONS[reason ?? DisconnectReason.UNKNOWN_REASON] ?? 'network',
        );
      })
      .on(RoomEvent.ParticipantConnected, people)
      .on(RoomEvent.ParticipantDisconnected, people)
      .on(RoomEvent.ParticipantAttributesChanged, people)
      .on(RoomEvent.ParticipantNameChanged, people)
      .on(RoomEvent.RoomMetadataChanged, () => this.#tellLease())
      .on(RoomEvent.TrackSubscribed, (track, publication, from) =>
        this.#adopt(track, publication, from),
      )
      .on(RoomEvent.TrackUnsubscribed, (_, publication) => {
        // When the connection goes, its last picture is better than none.
        const gone = this.#room.state === ConnectionState.Connected;
        if (gone && publication === this.#publication) this.#forget();
      })
      .on(RoomEvent.DataReceived, (payload, from, _kind, topic) => {
        this.#ports.onHeard();
        this.#read(payload, topic, from?.identity ?? '');
      });
    this.#room.registerByteStreamHandler(CHAT, (reader, { identity }) =>
      this.#take(reader, identity),
    );
    this.#room.registerTextStreamHandler(CHAT, (reader, { identity }) =>
      this.#hear(reader, identity),
    );
  }

  #adopt(track: RemoteTrack, publication: RemoteTrackPublication, from: RemoteParticipant): void {
    if (track.kind !== Track.Kind.Video || !isAgent(from)) return;
    this.#publication = publication;
    this.prefer(this.#layer);
    this.#ports.onTrack(track as RemoteVideoTrack);
  }

  #forget(): void {
    this.#publication = null;
    this.#ports.onTrack(null);
  }

  #tellLease(): void {
    const lease = leaseOfMetadata(this.#room.metadata);
    if (lease) this.#ports.onLease(lease);
  }

  #tellPeople(): void {
    const others = [...this.#room.remoteParticipants.values()];
    const agent = others.find(isAgent);
    const { [DISPLAY]: size, [SCALE]: scale, [UNFIT]: unfit } = agent?.attributes ?? {};
    this.#ports.onDisplay(parseDisplay(size, scale), unfit ?? '');
    const all: Participant[] = [this.#room.localParticipant, ...others.filter((p) => !isAgent(p))];
    this.#ports.onPeople(
      all.map((p) => ({
        identity: p.identity,
        name: p.name || p.identity,
        role: (p.attributes[ROLE] as Role | undefined) ?? 'viewer',
        colour: colourAt(p.attributes[COLOUR]),
        me: p === this.#room.localParticipant,
      })),
    );
  }

  #read(payload: Uint8Array, topic: string | undefined, from: string): void {
    try {
      switch (topic) {
        case Topic.frame:
          this.#ports.onTag(decodeFrameTag(payload));
          break;
        case Topic.exact:
          this.#ports.onExact(decodeExact(payload).rtpTimestamp);
          break;
        case Topic.cursor:
          this.#ports.onCursor(decodeCursor(payload));
          break;
        case Topic.clipboard:
          this.#ports.onClipboard(decodeClipboard(payload));
          break;
        case Topic.pointer:
          this.#ports.onPresence(decodePresence(payload), from);
          break;
        case Topic.control:
          this.#readControl(payload);
          break;
      }
    } catch (error) {
      console.warn(`easel: unreadable ${topic} message`, error);
    }
  }

  async #hear(reader: TextStreamReader, identity: string): Promise<void> {
    const { id, timestamp, attributes } = reader.info;
    try {
      const text = await reader.readAll();
      const who = this.#room.getParticipantByIdentity(identity);
      const name = who?.name || attributes?.[WRITER] || identity;
      const mine = identity === this.identity;
      if (!this.#over) this.#ports.onLine({ id, identity, name, text, at: timestamp, mine });
    } catch {
      // The message was cut off: whoever wrote it is told why.
    }
  }

  #readControl(payload: Uint8Array): void {
    const control = decodeControl(payload);
    if (control?.type === 'lease') this.#ports.onLease(control.lease);
    if (control?.type === 'refused') {
      this.#ports.onRefused(control.code, control.reason, control.generation);
    }
    if (control?.type === 'notice') this.#ports.onNotice(control.code, control.text);
    if (control?.type === 'echo') this.#ports.onEcho(control.code);
  }
}

function isAgent(participant: Participant): boolean {
  return participant.kind === ParticipantKind.AGENT || participant.attributes[ROLE] === 'agent';
}
