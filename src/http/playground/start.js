// Runs in the browser, after graphiql.js: starts the playground with the options written into the page.
const { src } = document.currentScript
const options = JSON.parse(document.querySelector('#options').textContent)
const icon = document.querySelector('link[rel=icon]').href

const workers = {
  editorWorkerService: 'editor.worker.js',
  json: 'json.worker.js',
  graphql: 'graphql.worker.js',
}

self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => src.replace('start.js', workers[label]),
}

/** The tab to come back to after a reload; GraphiQL opens an empty one beside the stored ones if it is not told. */
const lastTab = () => {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'))
    const { query, variables } = tabs[activeTabIndex]
    return { query: query ?? undefined, variables: variables ?? undefined }
  } catch {
    return {}
  }
}

self.YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  ...options,
  ...lastTab(),
  logo: `<img src="${icon}" alt="" width="28" height="28">`,
  // An API key lives as long as the page: it is never written to the browser's storage.
  shouldPersistHeaders: false,
  // By default every keystroke goes into the address bar, and a reload would then answer JSON.
  onEditQuery: () => undefined,
})
