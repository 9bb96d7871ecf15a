import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Own<Props> = Props & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> & { ref?: Ref<HTMLAnchorElement> }

/** A button that leads to a page, with the typed address of the router: `<LinkButton to="/$project/stores" params={…}>`. */
export const LinkButton = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />)

/** A link in a text. */
export const LinkText = createLink((props: Own<AnchorProps>) => <Anchor component="a" {...props} />)
