/** https://developer.amazon.com/docs/in-app-purchasing/rtn-setup.html */
export const AMAZON_STEPS: readonly string[] = [
  'Copy the package name of the app from its manifest into the form.',
  'In the Amazon Developer Console open Settings → Shared Key, copy the shared secret into the form, and check it.',
  'Save the app here, then open App List → your app → App Services → Real-Time Notifications → Add an Endpoint and enter {url}.',
  'Amazon asks at once to be confirmed; the hub refuses, since it does not know the topic yet, and shows the topic ARN that asked as the last refused message of this app.',
  'See that the refusal is of the minute in which you added the endpoint, since anybody can send from a topic of their own; then copy the ARN into the field “Topic ARN”.',
  'Add the endpoint in the console once more: the hub confirms it by itself, and the console shows it as verified.',
]
