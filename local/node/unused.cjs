// Loaded before Azurite (node --require): stands in place of what Azurite loads and never uses here, which was more than
// half of its start. Its telemetry is off (--disableTelemetry), and no SQL server keeps what it knows of blobs.
const Module = require("node:module");
const UNUSED = { applicationinsights: {}, sequelize: { Model: class {} } };

const azurite = Module.createRequire(require.resolve("azurite/package.json"));
for (const [name, exports] of Object.entries(UNUSED)) {
  const filename = azurite.resolve(name);
  require.cache[filename] = Object.assign(new Module(filename), { filename, exports, loaded: true });
}
