// ignore-sigterm.mjs: refuses to end.
process.on('SIGTERM', () => console.log('no'));
console.log('ready');
setInterval(() => undefined, 1_000);
