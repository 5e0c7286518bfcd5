import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ConcreteRequest, ReaderFragment } from 'relay-runtime'
import { root } from '../support/documents.ts'

/** What Relay's compiler makes of the documents below. */
export type Compiled = {
  query: ConcreteRequest
  fragment: ReaderFragment
  nextPage: ConcreteRequest
  postFragment: ReaderFragment
  postAgain: ConcreteRequest
  update: ConcreteRequest
}

/**
 * Compiles a page of an app as Relay's users write it against `schema/schema.graphql`: a connection that loads more, a
 * fragment that is fetched again by its node's id, a mutation. Everything is written to a folder that is gone afterwards.
 */
export const compileRelayPages = async (): Promise<Compiled> => {
  const folder = await mkdtemp(join(tmpdir(), 'presswire-relay-'))
  try {
    await copyFile(join(root, 'schema/schema.graphql'), join(folder, 'schema.graphql'))
    await writeFile(join(folder, 'Pages.js'), documents)
    // CommonJS: what was made can be loaded from anywhere, and without a build.
    const settings = {
      src: '.',
      schema: 'schema.graphql',
      language: 'javascript',
      eagerEsModules: false,
      artifactDirectory: 'made',
    }
    await writeFile(join(folder, 'relay.config.json'), JSON.stringify(settings))
    await mkdir(join(folder, 'made'))
    await promisify(execFile)(join(root, 'node_modules/.bin/relay-compiler'), ['relay.config.json'], {
      cwd: folder,
    })
    const load = createRequire(join(folder, 'made/x.js'))
    const made = <Artifact>(name: string) => load(`./${name}.graphql.js`) as Artifact
    return {
      query: made('PagesShelfQuery'),
      fragment: made('Pages_posts'),
      nextPage: made('PagesNextQuery'),
      postFragment: made('Pages_post'),
      postAgain: made('PagesPostAgainQuery'),
      update: made('PagesUpdateMutation'),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const documents = `
import { graphql } from 'react-relay'

graphql\`
  query PagesShelfQuery($slug: String!) {
    category(by: { slug: $slug }) {
      name
      ...Pages_posts
    }
  }
\`

graphql\`
  fragment Pages_posts on Category
  @refetchable(queryName: "PagesNextQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 2 }, after: { type: "String" }) {
    posts(first: $first, after: $after) @connection(key: "Pages_posts") {
      edges {
        node {
          id
          title
          ...Pages_post
        }
      }
    }
  }
\`

graphql\`
  fragment Pages_post on Post @refetchable(queryName: "PagesPostAgainQuery") {
    title
    version
    author {
      name
    }
  }
\`

graphql\`
  mutation PagesUpdateMutation($input: UpdatePostInput!) {
    updatePost(input: $input) {
      __typename
      ... on UpdatePostPayload {
        post {
          ...Pages_post
        }
      }
      ... on Error {
        code
      }
    }
  }
\`
`
