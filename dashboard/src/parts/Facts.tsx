import type { ReactNode } from 'react'
import classes from './Facts.module.css'

/** What is known of something, a name and a value each; what is null is left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ReactNode] | null)[] }) {
  const shown = facts.flatMap((fact) => (fact === null || fact[1] === null || fact[1] === undefined ? [] : [fact]))
  return (
    <dl className={classes.facts}>
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
