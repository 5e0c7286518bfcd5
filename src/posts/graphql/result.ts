import type { Event as EventRow, Post as PostRow } from '../../db/generated/client.ts'
import { Event } from '../../events/graphql/event.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { problemType } from '../../graphql/schema/result.ts'
import { selectOf } from '../../graphql/schema/select.ts'
import { VersionConflictError } from '../../lib/errors.ts'
import { Post } from './post.ts'

/** What a write of a post hands to its payload. */
export type Written = { value: PostRow; events: EventRow[] }

/** The payload of the mutation `name`. */
export const postPayload = (name: string, verb: string) =>
  builder.objectRef<Written>(`${name}Payload`).implement({
    description: `The post that was ${verb}.`,
    fields: (t) => ({
      post: t.field({
        type: Post,
        description: 'The post as it is now.',
        resolve: ({ value }, _args, context, info) =>
          context.db.post.findUniqueOrThrow({
            select: selectOf(context, info, 'Post', { id: true }),
            where: { id: value.id },
          }),
      }),
      event: t.field({
        type: Event,
        nullable: true,
        description: 'What subscribers are told; null when nothing changed, which is no error.',
        resolve: ({ events }) => events[0] ?? null,
      }),
    }),
  })

problemType(VersionConflictError, 'Someone saved the post since it was read. Nothing was written.', (t) => ({
  current: t.field({
    type: Post,
    description: 'The post as it is now.',
    resolve: ({ currentId }, _args, context, info) =>
      context.db.post.findUniqueOrThrow({
        select: selectOf(context, info, 'Post', { id: true }),
        where: { id: currentId },
      }),
  }),
}))
