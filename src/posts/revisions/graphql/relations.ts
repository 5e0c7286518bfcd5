import { builder } from '../../../graphql/schema/builder.ts'
import { linkedTermFields } from '../../graphql/term-fields.ts'

builder.prismaObjectFields('PostRevision', (t) => linkedTermFields(t, 'onRevision', ({ id }) => id))
