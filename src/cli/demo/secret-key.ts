/** The key of the demo's project: known to everybody, good for nothing but the demo. */
export const DEMO_SECRET_KEY = 'sk_demo_5f3e8a1c9b7d2046e1f0a9c8b7d6e5f4'
