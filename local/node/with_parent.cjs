// Loaded before a program (node --require): stops it when standard input ends, which its parent's end brings about.
// It gets a SIGTERM, so that it can save what it holds, and five seconds for that.
// unref: a program that has finished is not kept waiting.
process.stdin
  .on("end", () => {
    setTimeout(() => process.exit(), 5000).unref();
    process.kill(process.pid, "SIGTERM");
  })
  .resume()
  .unref();
