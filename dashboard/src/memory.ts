/** What this browser remembers of its reader; nothing of it is secret, and all of it may be gone. */
export type Environment = 'production' | 'sandbox'

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`tributary-${key}`)
  } catch {
    return null
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`tributary-${key}`, value)
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

export const rememberedEnvironment = (): Environment =>
  remembered('environment') === 'sandbox' ? 'sandbox' : 'production'
export const rememberEnvironment = (environment: Environment): void => remember('environment', environment)
export const rememberedProject = (): string | null => remembered('project')
export const rememberProject = (project: string): void => remember('project', project)
