/** A tab that the playground opens with. */
export type ExampleTab = { query: string; variables?: string; headers?: string }

/**
 * What the headers editor starts with: comments, which it leaves out, so that nothing is sent until a key is there
 * (a wrong one would be refused).
 */
export const headersHint = `{
  // Put your API key here and remove the slashes:
  // "Authorization": "Bearer pw_..."
  // The key stays in this page and is gone when you close it.
}`

/** One for each of the questions that newcomers ask first; all but the last need no key. */
export const exampleTabs: readonly ExampleTab[] = [
  {
    query: `# The newest posts. Run it with Ctrl-Enter.
# The book on the left lists all that can be asked.
query NewestPosts {
  posts(first: 5) {
    totalCount
    nodes {
      title
      path
      publishedAt
      excerpt
      author {
        name
      }
      categories {
        name
      }
      tags {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  },
  {
    query: `# One post by the path of its page.
query PostByPath($path: String!) {
  post(by: { path: $path }) {
    id
    title
    content
    publishedAt
    headings {
      level
      text
    }
    images {
      url
      alt
    }
    next {
      title
      path
    }
    previous {
      title
      path
    }
  }
}
`,
    variables: JSON.stringify({ path: '/2009/07/paper-that-curls/' }, null, 2),
  },
  {
    query: `# The newest posts of each category, in one request.
query Categories {
  categories(first: 10) {
    nodes {
      name
      path
      postCount
      posts(first: 3) {
        nodes {
          title
          path
        }
      }
    }
  }
}
`,
  },
  {
    query: `# What a search box shows. The last word may be half typed.
query Search($query: String!) {
  search(query: $query, first: 5) {
    totalCount
    edges {
      highlight
      node {
        title
        path
      }
    }
  }
}
`,
    variables: JSON.stringify({ query: 'paper' }, null, 2),
  },
  {
    query: `# Writes a draft. Needs a key with content:write,
# in the headers below.
mutation WriteDraft($input: CreatePostInput!) {
  createPost(input: $input) {
    ... on CreatePostPayload {
      post {
        id
        slug
        status
        version
      }
    }
    ... on Error {
      code
      message
      path
    }
  }
}
`,
    variables: JSON.stringify({ input: { title: 'A first post', source: 'Hello, *world*.' } }, null, 2),
  },
].map((tab) => ({ ...tab, headers: headersHint }))
