import { RequestError } from '../lib/errors.ts'
import { CannotRender } from '../markup/cannot-render.ts'
import type { PostSource, Rendered } from '../markup/rendered.ts'

/** Ends a transaction that wants a source to be rendered first. */
class NotRenderedYet extends Error {
  readonly source: PostSource

  constructor(source: PostSource) {
    super('The transaction is rolled back to render a source first.')
    this.source = source
  }
}

export type Renderings = {
  make(sources: PostSource[]): Promise<void>
  /** @throws CannotRender; NotRenderedYet, for whoever runs the work. */
  rendered(source: PostSource): Rendered
  /** Runs work, again when it missed a rendering. */
  makingWhatIsMissing<T>(work: () => Promise<T>): Promise<T>
}

// Each time somebody changed the post between two looks at it.
const tries = 10

/** The renderings of one write, which outlive its transactions: what they hold is found by what was written. */
export const createRenderings = (render: (source: PostSource) => Promise<Rendered>): Renderings => {
  const made = new Map<string, Rendered | CannotRender>()

  const make = async (sources: PostSource[]): Promise<void> => {
    for (const { source, format, excerpt, dialect } of sources) {
      // Nothing else is sent to a thread.
      const wanted = { source, format, excerpt, dialect }
      made.set(keyOf(wanted), await render(wanted).catch(onlyCannotRender))
    }
  }

  return {
    make,
    rendered: (source) => {
      const found = made.get(keyOf(source))
      if (found === undefined) throw new NotRenderedYet(source)
      if (found instanceof CannotRender) throw found
      return found
    },
    makingWhatIsMissing: async (work) => {
      for (let left = tries; left > 0; left--) {
        try {
          return await work()
        } catch (error) {
          if (!(error instanceof NotRenderedYet)) throw error
          await make([error.source])
        }
      }
      throw new RequestError('SERVICE_UNAVAILABLE', 'Others kept changing the post meanwhile. Ask again.')
    },
  }
}

const keyOf = ({ source, format, excerpt, dialect }: PostSource): string =>
  JSON.stringify([format, dialect ?? null, excerpt ?? null, source])

const onlyCannotRender = (error: unknown): CannotRender => {
  if (error instanceof CannotRender) return error
  throw error
}
