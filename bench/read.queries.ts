import type { Blog } from './data.ts'
import { createRandom } from './random.ts'

/** The part of a GraphQL request that says what is asked. */
export type Asked = { operationName: string; variables?: { slug?: string } }

/** A question and its GraphQL requests, as JSON bodies. */
export type Question = { name: string; text: string; bodies: string[] }

/** What the pages of a blog ask: its front page, one post (500 different ones in turn) and its sections. */
export const readQuestions = (blog: Blog): Question[] => {
  const slugs = createRandom(1).pick(
    Array.from(blog.posts(), ({ slug }) => slug),
    postsAsked,
  )
  const body = (operationName: string, query: string, variables?: object) =>
    JSON.stringify({ operationName, query, variables })
  return [
    {
      name: 'Newest',
      text: 'the newest 20 posts with excerpt, author, categories and tags',
      bodies: [body('Newest', newest)],
    },
    {
      name: 'Post',
      text: 'one post by slug with its HTML, author, categories and tags',
      bodies: slugs.map((slug) => body('Post', post, { slug })),
    },
    {
      name: 'Sections',
      text: '10 categories, the 5 newest posts of each with author and tags',
      bodies: [body('Sections', sections)],
    },
  ]
}

// One post over and over would measure a cache of one row.
const postsAsked = 500

const newest = /* GraphQL */ `
  query Newest {
    posts(first: 20) {
      nodes {
        id title path publishedAt excerpt
        author { name path }
        categories { name path }
        tags { name path }
      }
    }
  }`

const post = /* GraphQL */ `
  query Post($slug: String!) {
    post(by: { slug: $slug }) {
      id title path publishedAt content
      author { name path }
      categories { name path }
      tags { name path }
    }
  }`

const sections = /* GraphQL */ `
  query Sections {
    categories(first: 10) {
      nodes {
        name path
        posts(first: 5) {
          nodes {
            title path publishedAt
            author { name path }
            tags { name path }
          }
        }
      }
    }
  }`
