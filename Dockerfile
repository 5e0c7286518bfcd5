# Presswire on Debian. docs/deploying.md says how it is run; compose.yaml runs it beside a PostgreSQL.

# Another registry's copy of the image: --build-arg NODE_IMAGE=registry.example.com/node:24-bookworm-slim
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
# Another npm registry: --build-arg NPM_CONFIG_REGISTRY=https://npm.example.com/ (npm reads it from the environment).
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json ./
# One package has an install script that matters, `node`, and it would bring the Node that this image already is.
RUN npm ci --ignore-scripts
COPY prisma.config.ts ./
COPY prisma ./prisma
RUN npx prisma generate --no-hints
# Prisma's command line is an optional peer of its client: without omitting those, too, it and 130 packages would stay.
RUN npm prune --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
RUN install -d -o node -g node -m 700 /data
COPY --from=build /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY prisma ./prisma
COPY src ./src
# The generated clients, which are in no checkout.
COPY --from=build /app/src ./src

# The image's user `node`, as a number: Kubernetes's runAsNonRoot cannot see that a name is not root's.
USER 1000:1000
# The only folder that is written, and only by the embedded database: the root file system may be read-only.
VOLUME /data
EXPOSE 4000
# A worker (ROLE=worker) answers no HTTP: switch the check off there.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "src/main.ts", "serve"]
