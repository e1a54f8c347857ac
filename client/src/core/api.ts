/** The REST API of the server that served this page. */

import { sentence } from './standing';

export type Role = 'owner' | 'editor' | 'viewer';

export interface Step {
  name: string;
  title: string;
  state: 'pending' | 'active' | 'done' | 'failed';
}

export interface Session {
  id: string;
  name: string;
  state: 'requested' | 'starting' | 'ready' | 'failed' | 'ended';
  /** Why it failed or ended, for people. */
  reason?: string;
  waits?: string; // what a start waits for that is not its own
  created_at: string;
  steps?: Step[];
  role?: Role;
  /** What the one is called whose it is. */
  owner?: string;
  /** The team that it is shared with; empty: none. */
  team?: string;
}

/** A provider by which people sign in. */
export interface SignIn {
  name: string;
  /** Where that begins. */
  url: string;
}

/** An account. */
export interface User {
  id: string;
  /** What they log in as. */
  name: string;
  /** What others see. */
  display: string;
  email: string;
  admin: boolean;
  disabled: boolean;
  /** A plan's id; empty: none of their own. */
  plan: string;
  /** Comes by the OpenID provider. */
  external: boolean;
  created_at: string;
}

/** What administrators change about an account; what is missing stays. */
export type UserChange = Partial<
  Pick<User, 'name' | 'display' | 'email' | 'admin' | 'disabled' | 'plan'>
>;

/** How somebody gets in: shown once. */
export interface Invited {
  password: string;
  link: string;
}

/** What an account may use; 0 is no limit. */
export interface Plan {
  id: string;
  name: string;
  /** Of sessions that are ready, a calendar month in UTC. */
  minutes: number;
  /** Alive at once. */
  sessions: number;
  /** GiB of a workspace. */
  storage_gib: number;
  /** In a session at once, besides its owner. */
  people: number;
}

export interface Plans {
  /** Of accounts that have none of their own. */
  default: string;
  plans: Plan[];
}

/** What an account used in a month. */
export interface Usage {
  month: string;
  plan: Plan;
  running: number;
  seconds: number;
  days: { day: string; seconds: number }[];
  people: { login: string; seconds: number }[];
}

export type TeamRole = 'owner' | 'admin' | 'member';

/** Somebody in a team; of who is invited only the login name is known. */
export interface Mate {
  id: string;
  name: string;
  display: string;
  role: TeamRole;
  invited: boolean;
}

/** People who share sessions, and perhaps a plan. */
export interface Team {
  id: string;
  name: string;
  /** A plan's id; empty: none of its own. */
  plan: string;
  /** The caller's. */
  role: TeamRole;
  /** And not in it yet. */
  invited: boolean;
  members?: Mate[];
}

/** A session that is over. */
export interface PastSession {
  id: string;
  name: string;
  started_at: string;
  ended_at: string;
  seconds: number;
}

export type Scope = 'read' | 'sessions' | 'admin';

export interface Token {
  id: string;
  name: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string;
  used_at: string | null;
  /** Only when it is made. */
  secret?: string;
}

/** How the starts of sessions went. */
export interface Launches {
  ready: number;
  failed: number;
  p50_ms: number;
  p95_ms: number;
  failures: { session: string; name: string; at: string; reason: string }[];
}

/** A line of the server's journal. */
export interface AuditEvent {
  id: number;
  at: string;
  name: string;
  action: string;
  detail: string;
  address: string;
}

export interface Pass {
  url: string;
  token: string;
  room: string;
  identity: string;
  role: Role;
}

export interface Invite {
  id: string;
  role: Role;
  created_at: string;
  expires_at: string;
  uses: number;
  /** 0: no limit. */
  max_uses: number;
  /** Whether one is needed. */
  passcode: boolean;
  /** Only when it is made. */
  url?: string;
}

/** What an invitation is to be. */
export interface Inviting {
  role: Role;
  expires_in: number;
  max_uses: number;
  passcode: string;
}

/** One thing that happened in a session. */
export interface Entry {
  at: string;
  kind: string;
  who?: string;
  name?: string;
  by?: string;
  by_name?: string;
  role?: Role | 'agent';
  policy?: string;
  until?: string;
  times?: number;
}

/** A refusal (RFC 9457) or a server that did not answer (status 0). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  /** The problem's type, where it says more than the status. */
  readonly kind: string;

  constructor(status: number, message: string, options?: ErrorOptions & { kind?: string }) {
    super(message, options);
    this.status = status;
    this.kind = options?.kind ?? '';
  }
}

const UNREACHABLE = 'The server does not answer. Check the connection and try again.';

export async function call<T>(
  method: string,
  path: string,
  body?: object,
  more: Record<string, string> = {},
): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: 'application/json', ...more } };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (cause) {
    throw new ApiError(0, UNREACHABLE, { cause });
  }
  if (!response.ok) throw await problem(response);
  if (response.status === 204 || response.status === 202) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw new ApiError(response.status, 'The server sent something unreadable.', { cause });
  }
}

async function problem(response: Response): Promise<ApiError> {
  const { status } = response;
  try {
    const { detail, title, type } = (await response.json()) as Record<string, unknown>;
    const kind = typeof type === 'string' ? type : '';
    for (const text of [detail, title]) {
      if (typeof text === 'string' && text) return new ApiError(status, sentence(text), { kind });
    }
  } catch {
    // Not a problem document: the status alone has to do.
  }
  return new ApiError(status, `The server refused this (${status}).`);
}

/** The problem that a passcode solves. */
export const NEEDS_PASSCODE = 'urn:easel:passcode';

/** Reads JSON lines; what is none is left out. */
export function readLines(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'object' && entry !== null && 'kind' in entry ? [entry as Entry] : [];
    } catch {
      return [];
    }
  });
}

const inTeam = (id: string, rest = '') => `/teams/${encodeURIComponent(id)}${rest}`;

export const at = (id: string, rest = '') => `/sessions/${encodeURIComponent(id)}${rest}`;

/** An idempotency key, for one wish. */
export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Reads a whole list, page by page; key is its member of the answers. */
async function pages<T, K extends string>(path: string, key: K): Promise<T[]> {
  const list: T[] = [];
  let cursor = '';
  do {
    const page = await call<Record<K, T[]> & { next: string }>(
      'GET',
      `${path}limit=200&cursor=${encodeURIComponent(cursor)}`,
    );
    list.push(...page[key]);
    cursor = page.next;
  } while (cursor);
  return list;
}

export const api = {
  login: (name: string, password: string) => call<void>('POST', '/login', { name, password }),
  waysIn: () => call<{ provider: SignIn | null }>('GET', '/login'),
  logout: () => call<void>('POST', '/logout'),
  me: () => call<User>('GET', '/me'),
  changePassword: (current: string, password: string) =>
    call<void>('PUT', '/me/password', current ? { current, password } : { password }),
  usage: () => call<Usage>('GET', '/me/usage'),
  past: async () => (await call<{ sessions: PastSession[] }>('GET', '/me/past?limit=10')).sessions,
  tokens: async () => (await call<{ tokens: Token[] }>('GET', '/me/tokens')).tokens,
  makeToken: (name: string, scopes: Scope[], expires_in: number) =>
    call<Token>('POST', '/me/tokens', { name, scopes, expires_in }),
  revokeToken: (id: string) => call<void>('DELETE', `/me/tokens/${encodeURIComponent(id)}`),
  teams: async () => (await call<{ teams: Team[] }>('GET', '/teams')).teams,
  team: (id: string) => call<Team>('GET', inTeam(id)),
  allTeams: () => pages<Team, 'teams'>('/teams?all&', 'teams'),
  changeTeam: (id: string, to: { name?: string; plan?: string }) =>
    call<Team>('PATCH', inTeam(id), to),
  makeTeam: (name: string) => call<Team>('POST', '/teams', { name }),
  teamUsage: (id: string) => call<Usage>('GET', inTeam(id, '/usage')),
  joinTeam: (id: string) => call<void>('POST', inTeam(id, '/join')),
  inviteMate: (id: string, name: string, role: TeamRole) =>
    call<void>('POST', inTeam(id, '/invites'), { name, role }),
  uninvite: (id: string, name: string) =>
    call<void>('DELETE', inTeam(id, `/invites/${encodeURIComponent(name)}`)),
  changeMate: (id: string, user: string, role: TeamRole) =>
    call<void>('PATCH', inTeam(id, `/members/${encodeURIComponent(user)}`), { role }),
  removeMate: (id: string, user: string) =>
    call<void>('DELETE', inTeam(id, `/members/${encodeURIComponent(user)}`)),
  /** Lets a team into a session, its members with a role. */
  share: (id: string, team: string, role: Role) =>
    call<void>('PUT', at(id, '/team'), { team, role }),
  unshare: (id: string) => call<void>('DELETE', at(id, '/team')),
  plans: () => call<Plans>('GET', '/plans'),
  users: () => pages<User, 'users'>('/users?', 'users'),
  addUser: (wanted: UserChange) => call<Invited>('POST', '/users', wanted),
  changeUser: (id: string, to: UserChange) =>
    call<User>('PATCH', `/users/${encodeURIComponent(id)}`, to),
  resetPassword: (id: string) =>
    call<Invited & { name: string }>('POST', `/users/${encodeURIComponent(id)}/password`),
  launches: () => call<Launches>('GET', '/launches'),
  audit: async () => (await call<{ events: AuditEvent[] }>('GET', '/audit?limit=50')).events,
  /** Where what everybody used this month can be downloaded. */
  usageUrl: '/api/v1/usage?format=csv',
  sessions: () => pages<Session, 'sessions'>('/sessions?', 'sessions'),
  allSessions: () => pages<Session, 'sessions'>('/sessions?all&', 'sessions'),
  session: (id: string) => call<Session>('GET', at(id)),
  /** Starts a session, once for each key however often it is asked. */
  start: (key: string, wish: { name?: string; resume?: string; team?: string } = {}) =>
    call<Session>('POST', '/sessions', wish, { 'Idempotency-Key': key }),
  end: (id: string) => call<void>('DELETE', at(id)),
  join: (id: string, invite: string, passcode = '') =>
    call<Session>('POST', at(id, '/join'), passcode ? { invite, passcode } : { invite }),
  pass: (id: string, window: string, name?: string) =>
    call<Pass>('POST', at(id, '/tokens'), name ? { name, window } : { window }),
  invite: (id: string, wanted: Inviting) => call<Invite>('POST', at(id, '/invites'), wanted),
  invites: async (id: string) =>
    (await call<{ invites: Invite[] }>('GET', at(id, '/invites'))).invites,
  revoke: (id: string, invite: string, people: 'keep' | 'remove') =>
    call<void>('DELETE', at(id, `/invites/${encodeURIComponent(invite)}?people=${people}`)),
  timeline: async (id: string) => {
    const response = await fetch(`/api/v1${at(id, '/timeline')}`).catch((cause: unknown) => {
      throw new ApiError(0, UNREACHABLE, { cause });
    });
    if (!response.ok) throw await problem(response);
    return readLines(await response.text());
  },
  /** Where the timeline can be downloaded. */
  timelineUrl: (id: string) => `/api/v1${at(id, '/timeline?download')}`,
};

const RETRY_MS = 2000;

/**
 * Follows a session: calls onSession now and on every change, onError when it
 * can no longer be followed. Returns the end of it.
 */
export function follow(
  id: string,
  onSession: (session: Session) => void,
  onError: (error: ApiError) => void,
): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  // The first failure is most likely a refusal: ask at once.
  let wait = 0;

  const open = () => {
    source = new EventSource(`/api/v1${at(id, '/events')}`);
    source.addEventListener('session', (event) => onSession(JSON.parse(event.data) as Session));
    // EventSource hides why it was refused, so a plain request asks.
    source.onerror = () => {
      source?.close();
      timer = setTimeout(again, wait);
      wait = RETRY_MS;
    };
  };

  const again = async () => {
    try {
      const session = await api.session(id);
      if (over) return;
      onSession(session);
      open();
    } catch (error) {
      if (over) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) onError(error);
      else timer = setTimeout(again, RETRY_MS);
    }
  };

  open();
  return () => {
    over = true;
    source?.close();
    clearTimeout(timer);
  };
}
