// Loaded before a program (node --require): ends it when standard input does, which its parent's end brings about.
// unref: a program that has finished is not kept waiting for that.
process.stdin.on("end", () => process.exit()).resume().unref();
