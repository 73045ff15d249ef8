# Two images from one build: `server` (api, workers, web, set-up) and `runner` (with git).

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/generate.mjs && node --import tsx scripts/build.ts

# The bundles carry all packages but argon2, whose addon cannot be bundled, and what transcribes recordings: they are kept.
FROM node:20-bookworm-slim AS server
ENV NODE_ENV=production OVERMIND_SPEECH_ENGINE=none
WORKDIR /app
COPY --from=build /app/node_modules/argon2 node_modules/argon2
COPY --from=build /app/node_modules/@phc/format node_modules/@phc/format
COPY --from=build /app/node_modules/node-addon-api node_modules/node-addon-api
COPY --from=build /app/node_modules/node-gyp-build node_modules/node-gyp-build
COPY --from=build /app/prisma/migrations prisma/migrations
COPY --from=build /app/build build
# A new volume takes this folder's owner.
RUN install -d -o node -g node -m 0700 /data
USER node
CMD ["node", "build/api.mjs"]

FROM node:20-bookworm-slim AS runner
ENV NODE_ENV=production
RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates bubblewrap && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/build/runner.mjs /app/build/keeper.mjs /app/build/demo-agent.mjs build/
RUN install -d -o node -g node -m 0700 /runner
USER node
CMD ["node", "build/runner.mjs"]
