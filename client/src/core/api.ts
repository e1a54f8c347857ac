/** The REST API of the server that served this page. */

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
  created_at: string;
  steps?: Step[];
  role?: Role;
}

export interface Pass {
  url: string;
  token: string;
  room: string;
  identity: string;
  role: Role;
}

export interface Invite {
  url: string;
  role: Role;
  expires_at: string;
}

/** A refusal (RFC 9457) or a server that did not answer (status 0). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const UNREACHABLE = 'The server does not answer. Check the connection and try again.';

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: 'application/json' } };
  if (body) {
    init.body = JSON.stringify(body);
    init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (cause) {
    throw new ApiError(0, UNREACHABLE, { cause });
  }
  if (!response.ok) throw new ApiError(response.status, await problem(response));
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw new ApiError(response.status, 'The server sent something unreadable.', { cause });
  }
}

async function problem(response: Response): Promise<string> {
  try {
    const { detail, title } = (await response.json()) as { detail?: unknown; title?: unknown };
    for (const text of [detail, title]) if (typeof text === 'string' && text) return text;
  } catch {
    // Not a problem document: the status alone has to do.
  }
  return `The server refused this (${response.status}).`;
}

const at = (id: string, rest = '') => `/sessions/${encodeURIComponent(id)}${rest}`;

export const api = {
  login: (password: string) => call<void>('POST', '/login', { password }),
  logout: () => call<void>('POST', '/logout'),
  me: () => call<{ name: string; admin: boolean }>('GET', '/me'),
  sessions: async () =>
    (await call<{ sessions: Session[] | null }>('GET', '/sessions')).sessions ?? [],
  session: (id: string) => call<Session>('GET', at(id)),
  start: (name?: string) => call<Session>('POST', '/sessions', name ? { name } : {}),
  end: (id: string) => call<void>('DELETE', at(id)),
  join: (id: string, invite: string) => call<Session>('POST', at(id, '/join'), { invite }),
  pass: (id: string, name?: string) => call<Pass>('POST', at(id, '/tokens'), name ? { name } : {}),
  invite: (id: string, role: Role, expiresIn: number) =>
    call<Invite>('POST', at(id, '/invites'), { role, expires_in: expiresIn }),
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
