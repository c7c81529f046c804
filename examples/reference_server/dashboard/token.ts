// The token is in the fragment of the page's address, which no browser sends to a server, and from then on in this tab's own storage.

const key = 'kingbolt.token';

/** That of `#token=…`, which is then taken out of the address bar and the history; otherwise the one of before. */
export function takeToken(): string | undefined {
    const given = new URLSearchParams(location.hash.slice(1)).get('token');
    if (given !== null) {
        keepToken(given);
        history.replaceState(null, '', location.pathname + location.search);
    }
    return sessionStorage.getItem(key) ?? undefined;
}

export function keepToken(token: string): void {
    if (token === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
}

/** Whether the server wants a token, or another one: a browser does not tell why a WebSocket was refused. */
export async function isRefused(token: string | undefined): Promise<boolean> {
    try {
        const answer = await fetch('stats', { cache: 'no-store', headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
        return answer.status === 401;
    } catch {
        return false; // it is away
    }
}
