/** https://developer.android.com/google/play/billing/getting-ready and https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions */
export const PLAY_STORE_STEPS: readonly string[] = [
  'In Google Cloud → APIs & Services → Library enable the Google Play Android Developer API and the Cloud Pub/Sub API.',
  'In IAM & Admin → Service Accounts create an account for reading, and under Keys → Add key → JSON download its key; paste the whole file into the form.',
  'In Play Console → Users and permissions invite the address of that account and grant it, for the app, “View app information”, “View financial data” and “Manage orders and subscriptions”; it may take a day to work.',
  'In Google Cloud → Pub/Sub → Topics create a topic without a default subscription, and give google-play-developer-notifications@system.gserviceaccount.com the role Pub/Sub Publisher on it.',
  'Create a second service account without any role, for the push.',
  'Create a subscription of the topic with delivery type Push and the endpoint {url}; switch “Enable authentication” on with the second account and {url} as audience, and set the acknowledgement deadline to 60 seconds.',
  'Copy the audience, the address of the second account and the full name of the subscription (projects/…/subscriptions/…) into the form.',
  'Where the hub cannot be reached from outside, create a subscription with delivery type Pull instead, give the reading account the role Pub/Sub Subscriber on it, and choose “The hub asks”.',
  'In Play Console → Monetize with Play → Monetization setup → Real-time developer notifications enter the full name of the topic, choose subscriptions, voided purchases and all one-time products, save, and send a test notification.',
]
