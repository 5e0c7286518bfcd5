import { builder } from '../../graphql/schema/builder.ts'
import type { Site as SiteShape } from '../site-paths.ts'

const Site = builder.objectRef<SiteShape>('Site').implement({
  description: 'The publication.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'Its title, from SITE_TITLE.' }),
    url: t.expose('url', {
      type: 'URL',
      description: "The front end's base URL, from SITE_URL, without a slash at its end.",
    }),
    timezone: t.exposeString('timezone', {
      description: 'The IANA time zone of permalinks and archives, from SITE_TIMEZONE.',
    }),
  }),
})

builder.queryField('site', (t) =>
  t.field({ type: Site, description: 'The publication itself.', resolve: (_root, _args, { site }) => site }),
)
