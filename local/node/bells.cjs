// Loaded before Azurite (node --require): with QUEUE_BELLS, a folder, whatever may give somebody a message writes a byte to
// the file of that queue there, and to `queues` when one is made or deleted. The Functions host looks at the file's length
// in place of asking an idle queue every second (functions_host/bells.py).
const fs = require("node:fs");
const path = require("node:path");
const Store = require("./node_modules/azurite/dist/src/queue/persistence/LokiQueueMetadataStore").default;

const FOLDER = process.env.QUEUE_BELLS;
const LATE = 5; // milliseconds after it is visible: a timer may come a little early

function ring(name) {
  fs.appendFileSync(path.join(FOLDER, name), ".");
}

function expect(store, { messageId, queueName, timeNextVisible }) {
  const left = Number(timeNextVisible) - Date.now();
  if (left <= 0) return ring(queueName);
  const timer = setTimeout(() => {
    const doc = store.db.getCollection(store.MESSAGES_COLLECTION).findOne({ messageId });
    if (doc && Number(doc.timeNextVisible) <= Date.now()) ring(queueName);
  }, left + LATE);
  timer.unref();
}

if (FOLDER) {
  const { init, createQueue, deleteQueue, insertMessage, updateMessage, getMessages } = Store.prototype;
  for (const [name, change] of Object.entries({ createQueue, deleteQueue }))
    Store.prototype[name] = async function (...given) {
      const done = await change.apply(this, given);
      ring("queues");
      return done;
    };
  for (const [name, change] of Object.entries({ insertMessage, updateMessage }))
    Store.prototype[name] = async function (message, ...given) {
      const done = await change.call(this, message, ...given);
      expect(this, message);
      return done;
    };
  Store.prototype.getMessages = async function (...given) {
    const found = await getMessages.apply(this, given);
    for (const message of found) expect(this, message);
    return found;
  };
  Store.prototype.init = async function () {
    await init.call(this);
    for (const message of this.db.getCollection(this.MESSAGES_COLLECTION).find()) expect(this, message);
  };
}
