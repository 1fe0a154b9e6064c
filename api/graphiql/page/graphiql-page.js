// The GraphiQL page of one workspace: its fetcher, its examples, its token.
"use strict";

const h = React.createElement;
const workspace = decodeURIComponent(location.pathname.match(/^\/w\/([^/]+)\//)?.[1] ?? "default");
const socketAddress = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${location.pathname}`;
const TOKEN = "whence:token";
const NEW_TAB = `# ${workspace}: press Ctrl-Space for what can stand here, Ctrl-Enter to run.\n\n`;

function askForToken() {
  const dialog = document.getElementById("ask-token");
  if (dialog.open) return;
  dialog.querySelector("form").onsubmit = () => {
    sessionStorage.setItem(TOKEN, dialog.querySelector("input").value.trim());
    location.reload();
  };
  dialog.showModal();
}

async function fetchWithToken(address, options) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = token ? { Authorization: `Bearer ${token}`, ...options.headers } : options.headers;
  const response = await fetch(address, { ...options, headers });
  if (response.status === 401) askForToken();
  return response;
}

function makeFetcher() {
  return GraphiQL.createFetcher({
    url: location.pathname,
    fetch: fetchWithToken,
    enableIncrementalDelivery: false,
    subscriptionUrl: socketAddress,
    wsConnectionParams: { token: sessionStorage.getItem(TOKEN) ?? "" },
  });
}

function ExamplesIcon() {
  return h("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.5, strokeLinecap: "round" },
    h("path", { d: "M8 6h12M8 12h12M8 18h12" }), h("path", { d: "M3.5 6h.01M3.5 12h.01M3.5 18h.01", strokeWidth: 2.5 }));
}

// An example that is open already is shown again; else it gets a tab of its own.
function openExample(editor, example) {
  const open = editor.tabs.findIndex((tab) => tab.query === example.query);
  if (open >= 0) {
    editor.changeTab(open);
    return;
  }
  editor.addTab();
  // The new tab's editors exist once React has drawn them.
  setTimeout(() => {
    editor.queryEditor?.setValue(example.query);
    editor.variableEditor?.setValue(example.variables);
  });
}

function makeExamplesPlugin(examples) {
  function Examples() {
    const editor = GraphiQL.React.useEditorContext({ nonNull: true });
    return h("section", { className: "examples", "aria-label": "Examples" },
      h("h2", null, "Examples"),
      examples.map((example) => h("button", { key: example.name, onClick: () => openExample(editor, example) },
        h("b", null, example.title), h("span", null, example.description))));
  }
  return { title: "Examples", icon: ExamplesIcon, content: Examples };
}

function Logo() {
  return h("a", { className: "whence-logo", href: "/docs", title: "Documents of this service" },
    h("img", { src: "/files/whence.svg", alt: "" }), h("b", null, "Whence"), h("span", null, workspace));
}

// GraphiQL's own property for this is undone while it draws itself for the first time, so it is done as a person does it.
function showExamples() {
  const button = document.querySelector('button[aria-label="Show Examples"]');
  if (button) button.click();
  else requestAnimationFrame(showExamples);
}

async function showPage() {
  document.title = `${workspace} - Whence`;
  const examples = await (await fetch("/files/examples.json")).json();
  const plugin = makeExamplesPlugin(examples);
  const storage = GraphiQL.createLocalStorage({ namespace: `whence:${workspace}` });
  const isFirstVisit = storage.getItem("graphiql:tabState") === null;
  const page = h(GraphiQL, {
    fetcher: makeFetcher(),
    storage,
    plugins: [plugin],
    defaultTabs: examples.filter((example) => example.opened).map(({ query, variables }) => ({ query, variables })),
    defaultQuery: NEW_TAB,
    defaultEditorToolsVisibility: "variables",
    inputValueDeprecation: true,
    schemaDescription: true,
    shouldPersistHeaders: false,
  }, h(GraphiQL.Logo, null, h(Logo)));
  ReactDOM.createRoot(document.getElementById("page")).render(page);
  if (isFirstVisit) showExamples();
}

showPage();
