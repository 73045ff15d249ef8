// clean-up-on-sigterm.mjs: prints what it tidies up when it is asked to end, then ends.
process.on('SIGTERM', () => {
  console.log('cleaning up');
  setTimeout(() => {
    console.log('clean');
    process.exit(0);
  }, 100);
});
console.log('ready');
setInterval(() => undefined, 1_000);
