/** The pages of the app; everything else is a page not found. */
export type Route =
  | { page: 'start' }
  | { page: 'login' }
  | { page: 'account' }
  | { page: 'teams' }
  | { page: 'admin' }
  | { page: 'session'; id: string }
  | { page: 'missing' };

function parse(path: string): Route {
  if (path === '/') return { page: 'start' };
  if (path === '/login') return { page: 'login' };
  if (path === '/account') return { page: 'account' };
  if (path === '/teams') return { page: 'teams' };
  if (path === '/admin') return { page: 'admin' };
  const session = /^\/s\/([^/]+)\/?$/.exec(path);
  if (!session?.[1]) return { page: 'missing' };
  try {
    return { page: 'session', id: decodeURIComponent(session[1]) };
  } catch {
    return { page: 'missing' };
  }
}

class Router {
  route: Route = $state.raw(parse(location.pathname));

  constructor() {
    addEventListener('popstate', () => {
      this.route = parse(location.pathname);
    });
  }

  /** Opens a path of the app; replace leaves no way back to the current one. */
  go(path: string, { replace = false } = {}): void {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    this.route = parse(location.pathname);
  }

  /** Asks for a login, then comes back here. */
  login(): void {
    const here = location.pathname;
    this.go(here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`, { replace: true });
  }

  /** Where to go after a login: a path of this app and nowhere else. */
  get next(): string {
    const next = new URLSearchParams(location.search).get('next') ?? '/';
    const known = next.startsWith('/') && !next.startsWith('//') && parse(next).page !== 'missing';
    return known ? next : '/';
  }
}

export const router = new Router();

/** The address of a session's editor. */
export const sessionPath = (id: string) => `/s/${encodeURIComponent(id)}`;
