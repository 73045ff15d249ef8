const MAX_URL_CHARS = 1_024;
const SCHEMES = ['http:', 'https:', 'ssh:', 'git:', 'file:', 'git+ssh:'];
/** `user@host:path` or `host.example:path`, as ssh takes it; a second @ could be the end of a password. */
const SCP_LIKE = /^(?:[A-Za-z0-9._-]+@[A-Za-z0-9.-]+|[A-Za-z0-9-]+\.[A-Za-z0-9.-]+):(?!:|\/\/)[^\s@]+$/;

/** The address of `origin`, else of the first remote, in the text of a Git config file; never with what gives access. */
export function firstRemoteUrl(config: string): string | null {
  let remote: string | null = null;
  const urls = new Map<string, string>();
  for (const line of config.split('\n')) {
    const [, header] = /^\s*\[(.*)\]\s*$/.exec(line) ?? [];
    if (header !== undefined) remote = /^remote "(.*)"$/.exec(header)?.[1] ?? null;
    const [, url] = /^\s*url\s*=\s*(.+?)\s*$/i.exec(line) ?? [];
    if (remote !== null && url !== undefined && !urls.has(remote)) urls.set(remote, url.replace(/^"(.*)"$/, '$1'));
  }
  const found = urls.get('origin') ?? [...urls.values()][0];
  return found === undefined ? null : withoutCredentials(found);
}

/** @returns null for what is no address that can be shown safely */
export function withoutCredentials(url: string): string | null {
  if (url.length > MAX_URL_CHARS || /[\u0000-\u001f\u007f]/.test(url)) return null;
  if (url.startsWith('/') || SCP_LIKE.test(url)) return url;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !SCHEMES.includes(parsed.protocol)) return null;
  // A token often stands where the name of a user would; the user of an ssh address is no secret.
  if (!parsed.protocol.includes('ssh')) parsed.username = '';
  parsed.password = '';
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}
