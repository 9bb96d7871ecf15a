/** Addresses are compared in lower case, whatever their provider thinks of the part before the @. */
export function foldEmail(email: string): string {
  return email.trim().toLowerCase()
}

/** No proof that it exists, only that a person meant one. */
export function isEmail(email: string): boolean {
  return email.length <= 254 && /^[^\s@"<>(),:;\\]+@[^\s@"<>(),:;\\]+\.[^\s@"<>(),:;\\]+$/u.test(email)
}
