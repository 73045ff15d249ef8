// hang.mjs: says one line, then nothing for ever. Obeys SIGTERM.
console.log('hanging');
setInterval(() => undefined, 1_000);
