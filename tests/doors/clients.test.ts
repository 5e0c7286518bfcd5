import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { createClient, fetchExchange } from '@urql/core'
import relay, { type ConcreteRequest, type ReaderFragment, type Variables } from 'relay-runtime'
import { filter, firstValueFrom } from 'rxjs'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  PostByDocument,
  PostsPageDocument,
  type PostsPageQuery,
  type PostsPageQueryVariables,
  UpdatePostDocument,
  type UpdatePostMutation,
} from '../../schema/generated/graphql.ts'
import { compileRelayPages } from '../api/relay-pages.ts'
import { create } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import { type MadePost, makePosts } from '../support/posts.ts'

// Each client as its manual sets it up, over real HTTP: what they ask of a schema beyond the specification is held here.
const lent = withApp({ role: 'api' })
let made: MadePost[] = []

beforeAll(async () => {
  made = await makePosts(lent.app, { count: 12 })
})

const at = () => ({
  url: `${lent.app.url}/graphql`,
  headers: { authorization: `Bearer ${lent.app.admin.key}` },
})
const titles = (posts: readonly { title: string }[]) => posts.map(({ title }) => title)

describe('Apollo Client', () => {
  /** As its manual has it: the types behind the abstract ones are asked of the server. */
  const possibleTypes = async () => {
    type Types = { __schema: { types: { name: string; possibleTypes: { name: string }[] | null }[] } }
    const { data } = await lent.app.anonymous.send<Types>(
      '{ __schema { types { name possibleTypes { name } } } }',
    )
    const abstract = (data?.__schema.types ?? []).filter((type) => type.possibleTypes)
    return Object.fromEntries(
      abstract.map((type) => [type.name, type.possibleTypes?.map(({ name }) => name) ?? []]),
    )
  }
  const open = async () => {
    const { url: uri, headers } = at()
    const cache = new InMemoryCache({
      possibleTypes: await possibleTypes(),
      typePolicies: { Query: { fields: { posts: relayStylePagination() } } },
    })
    return new ApolloClient({ link: new HttpLink({ uri, headers }), cache })
  }

  test('runs a query, pages through a connection and merges its pages', async () => {
    const client = await open()
    const id = made[0]?.id
    const one = await client.query<{ post: object }>({
      query: gql(String(PostByDocument)),
      variables: { by: { id } },
    })
    expect(one.data?.post).toMatchObject({ __typename: 'Post', id })

    const query = gql(String(PostsPageDocument))
    const watched = client.watchQuery<PostsPageQuery>({ query, variables: { first: 5 } })
    const first = await firstValueFrom(watched.pipe(filter(({ dataState }) => dataState === 'complete')))
    const after = (first.data as PostsPageQuery).posts.pageInfo.endCursor
    await watched.fetchMore({ variables: { first: 5, after } })
    const { data } = watched.getCurrentResult()
    const nodes = (data as PostsPageQuery).posts.edges.map((edge) => edge.node)
    expect(titles(nodes)).toEqual(titles(made.slice(0, 10)))
    client.stop()
  })

  test('runs a mutation, whose answer changes what it has in its cache', async () => {
    const client = await open()
    const { post } = await create(lent.app.admin, { title: 'Before', source: 'x' })
    const query = gql('query ($id: ID!) { post(by: { id: $id }) { id title version } }')
    const variables = { id: post.id }
    await client.query({ query, variables })
    const { data } = await client.mutate<UpdatePostMutation>({
      mutation: gql(String(UpdatePostDocument)),
      variables: { input: { id: post.id, title: 'After' } },
    })
    expect(data?.updatePost.__typename).toBe('UpdatePostPayload')
    expect(client.readQuery({ query, variables })).toMatchObject({ post: { title: 'After', version: 2 } })
    client.stop()
  })

  test('tells an error by its code', async () => {
    const failure = (await open()).query({ query: gql('{ posts(first: 101) { totalCount } }') })
    await expect(failure).rejects.toMatchObject({
      errors: [{ extensions: { code: 'PAGE_SIZE_EXCEEDED' } }],
    })
  })
})

describe('urql', () => {
  const open = () => {
    const { url, headers } = at()
    return createClient({
      url,
      fetchOptions: { headers },
      exchanges: [fetchExchange],
      preferGetMethod: false,
    })
  }

  test('runs a query, pages through a connection and runs a mutation', async () => {
    const client = open()
    const [newest] = made
    const one = await client.query(String(PostByDocument), { by: { slug: newest?.slug } })
    expect([one.error, one.data?.post.title]).toEqual([undefined, newest?.title])

    const seen: { title: string }[] = []
    let after: string | null = null
    do {
      const variables: PostsPageQueryVariables = { first: 5, after }
      const { data } = await client.query<PostsPageQuery>(String(PostsPageDocument), variables)
      seen.push(...(data?.posts.edges ?? []).map((edge) => edge.node))
      after = data?.posts.pageInfo.hasNextPage ? (data.posts.pageInfo.endCursor ?? null) : null
    } while (after !== null)
    expect(titles(seen)).toEqual(titles(made))

    const { post } = await create(lent.app.admin, { title: 'Before', source: 'x' })
    const saved = await client.mutation<UpdatePostMutation>(String(UpdatePostDocument), {
      input: { id: post.id, title: 'After' },
    })
    expect(saved.data?.updatePost).toMatchObject({ post: { title: 'After' } })
  })

  test('sends a query by GET where it is told to, and tells an error by its code', async () => {
    const client = open()
    const context = { preferGetMethod: 'force' } as const
    const { data } = await client.query('{ site { url } }', {}, context)
    expect(data).toEqual({ site: { url: 'https://blog.example.com' } })
    const { error } = await client.query('{ posts(first: 101) { totalCount } }', {}, context)
    expect(error?.graphQLErrors[0]?.extensions.code).toBe('PAGE_SIZE_EXCEEDED')
  })
})

describe('Relay', () => {
  const open = () => {
    const fetchFn: relay.FetchFunction = async ({ text: query }, variables) => {
      const { url, headers } = at()
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()) as relay.GraphQLResponse
    }
    return new relay.Environment({
      network: relay.Network.create(fetchFn),
      store: new relay.Store(new relay.RecordSource()),
    })
  }
  type Environment = ReturnType<typeof open>

  /** Fetches, and keeps what came: without a component that shows it the store would forget it. */
  const run = async (environment: Environment, request: ConcreteRequest, variables: Variables) => {
    const operation = relay.createOperationDescriptor(request, variables)
    environment.retain(operation)
    await environment.execute({ operation }).toPromise()
    return environment.lookup(operation.fragment).data as Record<string, never>
  }
  const read = (environment: Environment, fragment: ReaderFragment, reference: unknown) => {
    const selector = relay.getSingularSelector(fragment, reference)
    return selector ? environment.lookup(selector).data : null
  }
  type CategoryPage = {
    posts: { edges: { node: { id: string; title: string } }[]; pageInfo: { endCursor: string } }
  }

  test('compiles against the schema, loads the next page of a connection and a fragment again by its id', async () => {
    const pages = await compileRelayPages()
    const environment = open()
    const { category } = await run(environment, pages.query, { slug: 'category-01' })
    const page = () => read(environment, pages.fragment, category) as unknown as CategoryPage
    expect(page().posts.edges).toHaveLength(2)

    // What usePaginationFragment does: the same node by its id, with the cursor that it has.
    const { __id: id } = category as unknown as { __id: string }
    await run(environment, pages.nextPage, { id, first: 2, after: page().posts.pageInfo.endCursor })
    const inCategory = await lent.app.anonymous.send<{ category: { posts: { nodes: { title: string }[] } } }>(
      '{ category(by: { slug: "category-01" }) { posts(first: 4) { nodes { title } } } }',
    )
    expect(inCategory.data?.category.posts.nodes).toHaveLength(4)
    expect(titles(page().posts.edges.map((edge) => edge.node))).toEqual(
      titles(inCategory.data?.category.posts.nodes ?? []),
    )

    const [edge] = page().posts.edges
    const again = await run(environment, pages.postAgain, { id: edge?.node.id })
    expect(read(environment, pages.postFragment, again.node)).toMatchObject({
      title: edge?.node.title,
      version: 1,
    })
  })

  test('runs a mutation, whose answer changes what it has in its store', async () => {
    const pages = await compileRelayPages()
    const environment = open()
    const { post } = await create(lent.app.admin, { title: 'Before', source: 'x' })
    const { node } = await run(environment, pages.postAgain, { id: post.id })
    await run(environment, pages.update, { input: { id: post.id, title: 'After' } })
    expect(read(environment, pages.postFragment, node)).toMatchObject({ title: 'After', version: 2 })
  })
})
