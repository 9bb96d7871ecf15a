import classes from './Integrations.module.css'

/** The initials of a destination. Nobody's logo is in here. */
export function DestinationMark({ title }: { readonly title: string }) {
  const capitals = title.match(/\p{Lu}/gu) ?? []
  return (
    <span className={classes.mark} aria-hidden>
      {(capitals.length > 1 ? capitals.join('') : title).slice(0, 2)}
    </span>
  )
}
