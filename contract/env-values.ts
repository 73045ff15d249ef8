/** Variables that every run gets from its runner, or that decide what else is loaded or run beside a program. */
const RUNNERS_OWN = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TERM',
  // Loaded by interpreters before the program itself.
  'NODE_OPTIONS',
  'NODE_PATH',
  'BASH_ENV',
  'ENV',
  'SHELLOPTS',
  'BASHOPTS',
  'PS4',
  'IFS',
  'PROMPT_COMMAND',
  'PERL5LIB',
  'PERL5OPT',
  'PERL5DB',
  'PERLLIB',
  'RUBYLIB',
  'RUBYOPT',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'CLASSPATH',
  'DOTNET_STARTUP_HOOKS',
  'PHPRC',
  'PHP_INI_SCAN_DIR',
  'LUA_INIT',
  'GCONV_PATH',
  'LOCPATH',
  'NLSPATH',
  'HOSTALIASES',
  // Started by programs that want to ask or show something.
  'EDITOR',
  'VISUAL',
  'PAGER',
  'BROWSER',
  'SSH_ASKPASS',
  'SUDO_ASKPASS',
];
const RUNNERS_OWN_PREFIXES = ['OVERMIND_', 'GIT_', 'LD_', 'DYLD_', 'GLIBC_', 'XDG_', 'PYTHON', 'NPM_', 'BUN_', 'DENO_'];
/** As people call what is to be kept secret; numbers of tokens are none. */
const SECRET = /(^|_)(API_?KEY|KEY|TOKEN|PAT|PASSWD|PASSPHRASE|CREDENTIALS?)$|SECRET|PASSWORD|PRIVATE_KEY/i;

/** @returns why a configuration may give this variable no fixed value, and what to do instead; null: it may */
export function envValueRefusal(name: string): string | null {
  const upper = name.toUpperCase();
  if (RUNNERS_OWN.includes(upper) || RUNNERS_OWN_PREFIXES.some((prefix) => upper.startsWith(prefix)))
    return `${name} is set by the runner, or decides what programs load: it can not be set here. Whoever owns the machine can hand it out by "envNames" in the runner's policy.json`;
  if (SECRET.test(name))
    return `${name} looks like a secret, and a configuration is no place for one. Set it where the runner is started, and write its name only, into "env"`;
  return null;
}
