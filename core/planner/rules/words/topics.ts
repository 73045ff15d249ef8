import { listOf } from '../phrases.ts';

/**
 * Nouns of the trade, by the kind of work they point to. Written in the singular; the matching
 * ignores plural endings and hyphens.
 */
export const FRONTEND_TOPICS = listOf(`
  website, web site, web page, button, header, footer, navbar, nav bar, navigation, nav, sidebar, side bar, toolbar, menu, hamburger, breadcrumb, page, landing page, home page, homepage, login page, screen, form, field, input, input field, text field, textarea, checkbox, radio button, dropdown, drop down, select box, date picker, modal, dialog, dialogue, popup, pop up,
  tooltip, toast, banner, badge, card, tab, accordion, carousel, hero, hero section, avatar, icon, favicon, logo, image, illustration, font, typography, heading, headline, placeholder, spinner, skeleton, loading state, empty state, progress bar, table, column header, table header, table column, page header, chart, graph, pie chart, bar chart, table row, row, grid, list view, kanban, board, layout, spacing, padding, margin, alignment, border, shadow, gradient, rounded corner, corner, colour, color, palette, contrast, theme,
  dark mode, light mode, dark theme, light theme, css, scss, stylesheet, style, styling, tailwind, html, dom, react, vue, svelte, angular, remix, nextjs, next.js, jsx, tsx, component, hook, ui, ux, gui, user interface, interface, frontend, front end, browser, safari, firefox, chrome, mobile, phone, tablet, responsive, responsiveness, viewport, breakpoint, desktop, screen reader, accessibility, a11y, aria, wcag, focus ring, tab order, hover, hover state, animation, transition, scroll, scrollbar, scrolling, drag, drag and drop,
  keyboard shortcut, shortcut, hotkey, command palette, click, label, call to action, cta, link colour, link color, blue, red, green, white, black, grey, gray, purple, orange, yellow, pink, wide, bold, pixel, px, sticky, centred, centered, dashboard, settings page, profile page, signup page, sign up page, pricing page, error page, 404 page, checkout page, view, widget, splash screen, onboarding, wizard, stepper, search bar, filter bar, search box, search field, pagination control, emoji picker, copy button, back button, notification bell, print view, print stylesheet, text overflow, ellipsis, z index, bundle size, service worker, pwa, i18n string, translation string, localization, localisation, wording, copy text, microcopy, caption, tagline, subtitle, slogan, page title, popover, flyout, overlay, drawer, backdrop, ribbon, divider, chevron, cursor pointer, scroll position, text selection, line height, letter spacing, whitespace, white space, opacity, hamburger menu, dashboard card, tile, panel, chip, pill, lightbox, alt text, gallery, slider, thumbnail, map view, calendar view, timeline`);

export const BACKEND_TOPICS = listOf(`
  api, rest api, rest, cache header, http header, request header, response header, security header, cors header, cors, authorization header, auth header, content type, data table, sql table, session table, join table, upload, download link, api key, signup mail, reset mail, rate limit header, graphql, endpoint, route handler, server, backend, back end, database, db, postgres, postgresql, mysql, sqlite, mongodb, redis, sql, query, n+1, migration, column, database table, foreign key, primary key, index, constraint, trigger, transaction, deadlock, schema, prisma, orm, seed, model, mutation, resolver, subscription, webhook, websocket, socket, queue, worker, job, cron, cron job, scheduler, background job, bullmq, cache, caching, rate limit, rate limiting, rate limiter, throttling,
  auth, authentication, authorisation, authorization, oauth, jwt, token, session, cookie, password hash, hashing, permission, role, access control, middleware, controller, service, repository, status code, 500, 502, 503, 504, 429, 401, 403, 404, 422, 400, http, https, request, response, payload, header field, json, xml, csv, parser, parsing, serializer, validation, validator, cli, command line, script, function, class, method, library, package, module, logic, algorithm, memory leak, leak, memory, cpu, thread, race condition, stack trace, exception, timeout, health check, healthz, readiness, metric, log, logging, logger, tracing,
  file upload, upload handler, storage, s3, bucket, email, mail, smtp, sms, push notification, payment, stripe, invoice, billing, import, export, dependency, env variable, environment variable, config loader, sdk, grpc, protobuf, event bus, outbox, lock, retry, backoff, pagination, cursor, search index, full text search, encryption, cron expression, timezone, date parsing, unit conversion, rounding, production, callback, typing, null check, user model, data model`);

/** Names that can mean nothing but infrastructure. */
export const INFRA_TOPICS = listOf(`
  deploy, replica, pod, memory limit, cpu limit, node pool, namespace, ingress, image registry, sentry, instance type, ssl cert, tls cert, postgres instance, load balancer rule, backup job, dockerfile, docker, docker compose, docker image, compose file, container, container image, github action, github actions, github workflow, workflow file, gitlab ci, gitlab pipeline, ci, ci/cd, cicd, ci pipeline, ci job, ci workflow, ci cache, ci build, jenkins, jenkinsfile, circleci, travis, buildkite, nginx, apache, caddy, traefik, haproxy, reverse proxy, load balancer, kubernetes, k8s, helm, helm chart, terraform, terraform module, terraform config, terraform state, ansible playbook, ansible role, nginx config, ci config, k8s manifest, kubernetes manifest, ansible, pulumi, packer, vagrant, systemd, cloudformation, tls certificate, ssl certificate,
  ssl, tls, certbot, let's encrypt, dns, dns record, cdn, vps, aws, gcp, azure, heroku, vercel, netlify, fly.io, cloudflare, digitalocean, hetzner, ec2, dependabot, renovate, pre commit hook, deployment pipeline, deploy pipeline, release pipeline, build pipeline, staging, staging server, staging environment, production server, production environment, production cluster, devcontainer, dev container, prometheus, grafana, alertmanager, datadog, firewall, bastion, ssh key, autoscaling, blue green deployment, canary deployment, rollout, rolling update, deployment, npm registry, container registry, docker registry, build agent, build server, github runner, self hosted runner, infrastructure, nightly build, release workflow, release automation`);

/** Infrastructure only as the thing that is set up. */
export const SETUP_TOPICS = listOf(`
  monitoring, alert, alerting, backup, server, cluster, pipeline, environment, certificate, https, domain, subdomain, registry, log rotation, node, nodejs, node.js, eslint, prettier, husky, linting, database backup, nightly backup, vpn, swap, disk, machine, vm, virtual machine, hosting, uptime check, cert, registry, workflow, cron job, secret, deploy, continuous integration, continuous delivery, continuous deployment, volume, port`);

export const DOC_TOPICS = listOf(`
  readme, changelog, change log, contributing, doc, docs, documentation, guide, tutorial, manual, handbook, howto, how to, adr, decision record, faq, wiki, docstring, jsdoc, tsdoc, godoc, javadoc, release note, glossary, runbook, playbook, cheat sheet, cheatsheet, code of conduct, license file, licence file, license, licence, contributing file, contribution guideline, guideline, api reference, reference, blog post, article, announcement, report, proposal, design doc, summary, write up, writeup, instruction, installation instruction, install step, installation step, getting started, quickstart, quick start, user story, walkthrough, explanation, code comment, inline comment, doc comment, architecture diagram, sequence diagram, er diagram, mermaid diagram, description of, newsletter, spec document, specification, rfc, postmortem, post mortem, migration guide, upgrade guide, troubleshooting section, onboarding guide, style guide`);

export const TEST_TOPICS = listOf(`
  test, spec, unit test, integration test, e2e test, end to end test, regression test, smoke test, load test, stress test, performance test, snapshot test, property test, acceptance test, browser test, api test, ui test, test case, test coverage, coverage, test suite, test file, test plan, test data, fixture, testcase, unittest, playwright test, cypress test, vitest, jest, pytest, mutation test, edge case, assertion, e2e, e2es, linter, typecheck, type check`);

/** With "page" or "list" behind them these are parts of a product, not texts about it. */
export const PRODUCT_TEXTS: ReadonlySet<string> = new Set(
  listOf(
    'report, summary, announcement, article, description, reference, newsletter, proposal, specification, instruction, license',
  ),
);

/** What most products have: names a thing that could be made only together with a place, "soft delete for projects". */
export const PRODUCT_NOUNS: ReadonlySet<string> = new Set(
  listOf(
    'project, task, run, user, account, comment, message, team, member, invite, invitation, organisation, organization, workspace, customer, order, product, admin, guest, agent, tag, file, attachment, event, notification, label',
  ),
);

/** The last word decides what such a thing is: "contributing file" is a document, "test file" a test. */
export const CONTAINER_NOUNS: ReadonlySet<string> = new Set(
  listOf(
    'file, section, chapter, entry, paragraph, article, page, template, table, list, suite, case, scenario, example, snippet, badge, text',
  ),
);

export const FRONTEND_PATHS = listOf(
  'web/, frontend/, front-end/, client/, ui/, components/, component/, pages/, views/, styles/, style/, public/, static/, assets/, layouts/, themes/, templates/, app/routes/, app/components/, app/styles/, stories/, icons/, images/, fonts/, screens/, widgets/, mobile/',
);
export const BACKEND_PATHS = listOf(
  'api/, server/, backend/, back-end/, core/, db/, database/, prisma/, migrations/, workers/, worker/, jobs/, queues/, models/, controllers/, services/, resolvers/, graphql/, middleware/, domain/, runner/, cli/, cmd/, internal/, pkg/, contract/, scripts/, functions/, lambda/, handlers/',
);
export const FRONTEND_EXTENSIONS: ReadonlySet<string> = new Set(
  listOf('tsx, jsx, css, scss, sass, less, html, htm, vue, svelte, astro, svg, png, jpg, jpeg, gif, webp, ico'),
);
export const DOC_EXTENSIONS: ReadonlySet<string> = new Set(listOf('md, mdx, rst, adoc'));
export const DOC_FOLDERS: ReadonlySet<string> = new Set(['docs', 'doc', 'documentation', 'adr', 'wiki']);
export const INFRA_PATH_PARTS: ReadonlySet<string> = new Set(
  listOf(
    '.github, .circleci, k8s, helm, terraform, terraform module, terraform config, terraform state, ansible playbook, ansible role, nginx config, ci config, k8s manifest, kubernetes manifest, ansible, infra, deploy, charts, ops, .gitlab, nginx, docker, kubernetes, .devcontainer, manifests',
  ),
);
export const INFRA_FILES =
  /^(?:dockerfile(?:\..*)?|.*\.dockerfile|containerfile|(?:docker-)?compose(?:\.[\w.-]{1,40})?\.ya?ml|jenkinsfile|caddyfile|vagrantfile|procfile|\.gitlab-ci\.yml|\.dockerignore|nginx\.conf|.*\.tf|.*\.tfvars|fly\.toml|vercel\.json|netlify\.toml|renovate\.json|dependabot\.yml)$/;
export const TEST_PATH =
  /(?:^|\/)(?:tests?|__tests__|spec|specs|e2e|cypress|playwright)\/|\.(?:test|spec)\.[a-z]{1,4}$|_test\.[a-z]{1,4}$/;
