// Loaded before Azurite (node --require): blob versions, which Azurite does not have, in the container for chains. Bicep
// turns them on in the account (Learn, "Blob versioning"). Each upload is a version with an id that grows; what is
// overwritten or deleted stays as a previous one until it is deleted by that id. They lie in a container of their own.
//
// What it does not do: versions of other containers; a version for new metadata, tags or a copy over a blob; soft delete;
// pages of a list with versions; making a previous version the current one by a copy without naming another blob.
const Store = require("./node_modules/azurite/dist/src/blob/persistence/LokiBlobMetadataStore").default;
const StorageError = require("./node_modules/azurite/dist/src/blob/errors/StorageError").default;

const CONTAINER = "chains";
const PREVIOUS = "chains--versions"; // no name that a container of somebody else's could have
const { createBlob, commitBlockList, deleteBlob, downloadBlob, getBlobProperties, listBlobs } = Store.prototype;

let last = 0n;
function newId() {
  const now = BigInt(Date.now()) * 10000n; // an id is a time with seven digits of its second
  last = now > last ? now : last + 1n;
  const digits = String(last % 10000n).padStart(4, "0");
  return new Date(Number(last / 10000n)).toISOString().replace("Z", `${digits}Z`);
}

function current(store, account, name) {
  const of = { accountName: account, containerName: CONTAINER, name, snapshot: "" };
  const doc = store.db.getCollection(store.BLOBS_COLLECTION).findOne(of);
  return doc && doc.isCommitted ? doc : null;
}

function keep(store, doc) {
  if (!doc) return;
  const containers = store.db.getCollection(store.CONTAINERS_COLLECTION);
  const of = { accountName: doc.accountName, name: PREVIOUS };
  if (!containers.findOne(of)) {
    const { $loki, meta, ...like } = containers.findOne({ ...of, name: CONTAINER });
    containers.insert({ ...like, name: PREVIOUS });
  }
  const { $loki, meta, ...kept } = doc;
  const versionId = doc.versionId || newId();
  store.db.getCollection(store.BLOBS_COLLECTION).insert({ ...kept, containerName: PREVIOUS, snapshot: versionId, versionId });
}

function asked(context, name) {
  return context && context.request ? context.request.getQuery(name) : undefined;
}

function tell(context, doc) {
  if (doc && doc.versionId && context && context.response) context.response.setHeader("x-ms-version-id", doc.versionId);
  return doc;
}

// One change at a time: what a change replaces must be what it finds.
let line = Promise.resolve();
function inTurn(change) {
  const turn = line.then(change);
  line = turn.catch(() => undefined);
  return turn;
}

Store.prototype.createBlob = function (context, blob, ...rest) {
  if (blob.containerName !== CONTAINER || blob.snapshot) return createBlob.call(this, context, blob, ...rest);
  return inTurn(async () => {
    const old = current(this, blob.accountName, blob.name);
    const before = old && { ...old, properties: { ...old.properties } };
    blob.versionId = newId();
    const made = await createBlob.call(this, context, blob, ...rest);
    keep(this, before);
    tell(context, blob);
    return made;
  });
};

Store.prototype.commitBlockList = function (context, blob, ...rest) {
  if (blob.containerName !== CONTAINER) return commitBlockList.call(this, context, blob, ...rest);
  return inTurn(async () => {
    const old = current(this, blob.accountName, blob.name);
    const before = old && { ...old, properties: { ...old.properties } };
    await commitBlockList.call(this, context, blob, ...rest);
    keep(this, before);
    const made = current(this, blob.accountName, blob.name);
    made.versionId = newId();
    this.db.getCollection(this.BLOBS_COLLECTION).update(made);
    tell(context, made);
  });
};

Store.prototype.deleteBlob = function (context, account, container, blob, options) {
  if (container !== CONTAINER || options.snapshot) return deleteBlob.call(this, context, account, container, blob, options);
  return inTurn(async () => {
    const version = asked(context, "versionid");
    const old = current(this, account, blob);
    if (version && old && old.versionId === version)
      throw new StorageError(409, "OperationNotAllowedOnRootBlob", "The current version is not deleted by its id.", context.contextId);
    if (version) return deleteBlob.call(this, context, account, PREVIOUS, blob, { ...options, snapshot: version });
    const before = old && { ...old, properties: { ...old.properties } };
    await deleteBlob.call(this, context, account, container, blob, options);
    keep(this, before);
  });
};

for (const [name, read] of Object.entries({ downloadBlob, getBlobProperties })) {
  Store.prototype[name] = async function (context, account, container, blob, snapshot, ...rest) {
    if (container !== CONTAINER) return read.call(this, context, account, container, blob, snapshot, ...rest);
    const version = asked(context, "versionid");
    const now = current(this, account, blob);
    const place = version && !(now && now.versionId === version) ? [PREVIOUS, blob, version] : [container, blob, snapshot];
    const has = this.db.getCollection(this.CONTAINERS_COLLECTION).findOne({ accountName: account, name: place[0] });
    if (!has) return read.call(this, context, account, container, blob, version, ...rest); // 404, as it has to be
    const doc = await read.call(this, context, account, ...place, ...rest);
    if (name === "downloadBlob") return tell(context, doc);
    tell(context, version ? { versionId: version } : now);
    return doc;
  };
}

Store.prototype.listBlobs = async function (context, account, container, delimiter, blob, prefix, ...rest) {
  const [docs, prefixes, next] = await listBlobs.call(this, context, account, container, delimiter, blob, prefix, ...rest);
  if (container !== CONTAINER) return [docs, prefixes, next];
  if (!(asked(context, "include") || "").split(",").includes("versions"))
    return [docs.map((doc) => ({ ...doc, versionId: undefined })), prefixes, next];
  const [old] = await listBlobs.call(this, context, account, PREVIOUS, undefined, blob, prefix, 5000, "", true, false);
  const all = [
    ...docs.map((doc) => ({ ...doc, isCurrentVersion: true })),
    ...old.map((doc) => ({ ...doc, containerName: CONTAINER, snapshot: "" })),
  ];
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return [all.sort((a, b) => order(a.name, b.name) || order(a.versionId || "", b.versionId || "")), prefixes, next];
};
