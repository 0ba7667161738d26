// Parses and binds KQL queries against tables.json. Standard input: a JSON list of queries. Standard output: a JSON list of
// what Microsoft's language service finds in each, as texts.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
require("@kusto/language-service-next/bridge.min.js"); // the runtime of the next one, which makes the global Kusto
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
const { Symbols, GlobalState, KustoCode } = Kusto.Language;

const given = Object.entries(JSON.parse(readFileSync(join(process.argv[2], "tables.json"), "utf8")));
const tables = given.map(([name, { columns }]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("logs", tables));

function findings(query) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => {
    const { Severity, Code, Message } = found.getItem(at);
    return `${Severity} ${Code}: ${Message}`;
  });
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(findings)));
