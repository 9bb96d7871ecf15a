import { PasswordInput, TextInput, type TextInputProps } from '@mantine/core'

/** The fields by which password managers know an account: their names and `autocomplete` are the same in every form. */
interface FieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
}

export function NameField(props: FieldProps) {
  return <Line label="Your name" name="name" autoComplete="name" {...props} />
}

export function EmailField(props: FieldProps) {
  return <Line label="E-mail" name="email" type="email" autoComplete="username" {...props} />
}

function Line({ onChange, ...rest }: FieldProps & Omit<TextInputProps, 'error' | 'onChange'>) {
  return <TextInput required withAsterisk={false} onChange={(event) => onChange(event.currentTarget.value)} {...rest} />
}

interface PasswordProps extends FieldProps {
  readonly label: string
  readonly description?: string
}

/** The password that an account has. */
export function CurrentPassword(props: PasswordProps) {
  return <Password {...props} autoComplete="current-password" />
}

/** A password that is made up now; what is long enough the hub says. */
export function NewPassword(props: PasswordProps) {
  const description = '12 characters or more; a few words in a row make a good one.'
  return <Password description={description} {...props} autoComplete="new-password" />
}

function Password({ label, onChange, ...rest }: PasswordProps & { readonly autoComplete: string }) {
  return (
    <PasswordInput
      label={label}
      name="password"
      required
      withAsterisk={false}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': `Show the ${label.toLowerCase()}` }}
      {...rest}
    />
  )
}
