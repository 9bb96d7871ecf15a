import type { App, Integration, Project } from '../domain/project.ts'
import type { KeyRing } from '../secrets/key-ring.ts'
import type { SecretKeyRow, SettingsRow } from '../storage/rows.ts'
import { appOf, integrationOf, projectOf } from './bodies.ts'
import type { Catalogue } from './catalogue.ts'
import { secretsOf } from './declared.ts'
import { type Entry, fieldsOf, type OpenedRow, openRow } from './rows.ts'

/** All settings as the hub works with them, secrets in the clear. One view is never changed: a new one replaces it. */
export interface SettingsView {
  readonly projects: readonly Project[]
  readonly apps: readonly App[]
  readonly integrations: readonly Integration[]
  readonly keys: readonly SecretKeyRow[]
  /** What is stored but cannot be used; it is in none of the lists above. */
  readonly broken: readonly BrokenSettings[]
  readonly project: (projectId: string) => Project | undefined
  readonly app: (projectId: string, appId: string) => App | undefined
  readonly integration: (projectId: string, integrationId: string) => Integration | undefined
  readonly appsOf: (projectId: string) => readonly App[]
  readonly integrationsOf: (projectId: string) => readonly Integration[]
  /** By the SHA-256 of the key in hex (`hashSecretKey`). */
  readonly keyByHash: (hash: string) => SecretKeyRow | undefined
  readonly appByPublicKey: (publicKey: string) => App | undefined
  readonly managedBy: (kind: SettingsRow['kind'], projectId: string, id: string) => SettingsRow['managed'] | undefined
  /** Every stored secret of a project in the clear, for `redactor`. */
  readonly secretsOf: (projectId: string) => readonly string[]
}

export interface BrokenSettings {
  readonly kind: SettingsRow['kind']
  readonly projectId: string
  readonly id: string
  /** One sentence without the subject: "its write_key cannot be decrypted; enter it again". */
  readonly reason: string
  readonly unknownKey: boolean
}

export interface StoredSettings {
  readonly rows: readonly SettingsRow[]
  readonly keys: readonly SecretKeyRow[]
}

export function openRows(stored: StoredSettings, ring: KeyRing, catalogue: Catalogue): readonly OpenedRow[] {
  return stored.rows.map((row) => openRow(row, ring, catalogue))
}

/** Decrypts what storage holds. Never throws: see `broken`. */
export function loadProjects(stored: StoredSettings, ring: KeyRing, catalogue: Catalogue): SettingsView {
  return viewOf(openRows(stored, ring, catalogue), stored.keys, catalogue)
}

export function viewOf(
  opened: readonly OpenedRow[],
  keys: readonly SecretKeyRow[],
  catalogue: Catalogue,
): SettingsView {
  const projects: Project[] = []
  const apps: App[] = []
  const integrations: Integration[] = []
  const broken: BrokenSettings[] = []
  const secrets = new Map<string, string[]>()
  for (const one of opened) {
    if (one.kind === 'broken') {
      const { kind, projectId, id } = one.row
      broken.push({ kind, projectId, id, reason: one.reason, unknownKey: one.unknownKey })
      continue
    }
    const { entry, row } = one
    const own = secrets.get(entry.projectId) ?? []
    secrets.set(entry.projectId, own)
    own.push(...secretsIn(entry, catalogue))
    switch (entry.kind) {
      case 'project':
        projects.push(projectOf(entry.id, entry.body))
        break
      case 'app':
        apps.push(appOf(entry.projectId, entry.id, entry.body, row.createdAt))
        break
      case 'integration':
        integrations.push(integrationOf(entry.projectId, entry.id, entry.body, row.createdAt))
        break
    }
  }
  const managed = new Map(opened.map(({ row }) => [placeOf(row.kind, row.projectId, row.id), row.managed]))
  return {
    projects,
    apps,
    integrations,
    keys,
    broken,
    ...lookups({ projects, apps, integrations, keys, secrets, managed }),
  }
}

function secretsIn(entry: Entry, catalogue: Catalogue): readonly string[] {
  return entry.kind === 'project' ? [] : secretsOf(fieldsOf(entry, catalogue), entry.body.settings)
}

type Lists = Pick<SettingsView, 'projects' | 'apps' | 'integrations' | 'keys'> & {
  readonly secrets: ReadonlyMap<string, readonly string[]>
  readonly managed: ReadonlyMap<string, SettingsRow['managed']>
}

function lookups({
  projects,
  apps,
  integrations,
  keys,
  secrets,
  managed,
}: Lists): Omit<SettingsView, 'projects' | 'apps' | 'integrations' | 'keys' | 'broken'> {
  const projectById = new Map(projects.map((project) => [project.id, project]))
  const appById = new Map(apps.map((app) => [placeOf('app', app.projectId, app.id), app]))
  const appByKey = new Map(apps.flatMap((app) => (app.publicKey === null ? [] : [[app.publicKey, app]])))
  const integrationById = new Map(integrations.map((one) => [placeOf('integration', one.projectId, one.id), one]))
  const appsByProject = Map.groupBy(apps, ({ projectId }) => projectId)
  const integrationsByProject = Map.groupBy(integrations, ({ projectId }) => projectId)
  const keyByHash = new Map(keys.map((key) => [key.hash, key]))
  return {
    project: (projectId) => projectById.get(projectId),
    app: (projectId, id) => appById.get(placeOf('app', projectId, id)),
    integration: (projectId, id) => integrationById.get(placeOf('integration', projectId, id)),
    appsOf: (projectId) => appsByProject.get(projectId) ?? [],
    integrationsOf: (projectId) => integrationsByProject.get(projectId) ?? [],
    keyByHash: (hash) => keyByHash.get(hash),
    appByPublicKey: (publicKey) => appByKey.get(publicKey),
    managedBy: (kind, projectId, id) => managed.get(placeOf(kind, projectId, id)),
    secretsOf: (projectId) => secrets.get(projectId) ?? [],
  }
}

/** One string for a place; ids hold no line feed. */
export function placeOf(kind: string, projectId: string, id: string): string {
  return `${kind}\n${projectId}\n${id}`
}
