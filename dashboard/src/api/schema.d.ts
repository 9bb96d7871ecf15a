/** Written by tools/dashboard-api.ts from the hub's own OpenAPI document; `npm run dashboard:api` writes it anew. */

export interface components {
  schemas: {
    Act: {
      id: string
      at: string
      actor: {
        kind: "member" | "key" | "operator" | "file"
        name: string
      }
      act: string
      kind: string
      on: string
      changes: ({
        path: string
        from: string | null
        to: string | null
      })[]
    }
    App: {
      id: string
      store: string
      title: string
      managed: "file" | "dashboard"
      public_key: string | null
      environments: ("production" | "sandbox")[]
      receive: "push" | "pull"
      events_from: string
      commission: number | null
      tax: number | null
      created_at: string
      settings: Record<string, unknown>
      notification_url: string | null
      last_notification: {
        at: string
        type: string | null
      } | null
      notifications: {
        waiting: number
        understood: number
        ignored: number
        parked: number
      }
      refused: {
        count: number
        last_at: string | null
        last_reason: string | null
        last_claimed: string | null
      }
      pulled: ({
        list: string
        environment: "production" | "sandbox"
        updated_at: string
        from: string
        up_to: string
        note: string | null
      })[]
      sdk: {
        versions: ({
          name: string
          count: number
          last_at: string
        })[]
        missing: ({
          name: string
          count: number
          last_at: string
        })[]
        asks_for_signatures: {
          name: string
          count: number
          last_at: string
        } | null
      }
    }
    Attributes: Record<string, {
      value: string
      updated_at_ms: number
    }>
    Channel: {
      environment: "production" | "sandbox"
      state: "open" | "backing_off" | "paused"
      paused_by: "person" | "credentials" | "refusals" | null
      reason: string | null
      advice: string | null
      failures: number
      requests_at_once: number
      next_try_at: string | null
    }
    Claimed: {
      app_user_id: string
      original_app_user_id: string
      purchases: ({
        store: "app_store" | "play_store" | "amazon" | "stripe" | "promotional"
        environment: "production" | "sandbox"
        chain: string
        line: string
      })[]
    }
    Customer: {
      original_app_user_id: string
      last_seen_app_user_id: string
      aliases: (string)[]
      first_seen_at: string
      last_seen_at: string
      attributes: components['schemas']['Attributes']
      spent: components['schemas']['Spent']
      entitlements: (components['schemas']['Entitlement'])[]
      purchases: (components['schemas']['Purchase'])[]
      timeline: ({
        id: string
        type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
        name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
        app_id?: string
        event_timestamp_ms: number
        occurred_at_ms: number
        seq: number
        late: boolean
        provisional: boolean
        external_id: string | null
        app_user_id?: string
        original_app_user_id: string
        aliases: (string)[]
        subscriber_attributes: components['schemas']['Attributes']
        product_id: string
        new_product_id?: string | null
        entitlement_ids: (string)[] | null
        entitlement_id: string | null
        presented_offering_id: string | null
        period_type: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
        purchased_at_ms: number
        expiration_at_ms: number | null
        grace_period_expiration_at_ms?: number | null
        auto_resume_at_ms?: number | null
        store: string
        environment: "PRODUCTION" | "SANDBOX"
        is_trial_conversion?: boolean
        cancel_reason?: string | null
        expiration_reason?: string | null
        transferred_from?: (string)[]
        transferred_to?: (string)[]
        transaction_id: string
        original_transaction_id: string
        is_family_share: boolean
        country_code: string | null
        offer_code?: string | null
        renewal_number: number | null
        metadata: null
        price: number | null
        currency: string | null
        price_in_purchased_currency: number | null
        tax_percentage: number
        commission_percentage: number
        takehome_percentage: number
        subscription_status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
        will_renew: boolean | null
        money: {
          currency: string | null
          gross_micros: number | null
          commission_ppm: number
          tax_ppm: number
          rate: string | null
          rate_date: string | null
          rate_estimated: boolean
          estimated: boolean
        }
        notification_id: string | null
      })[]
    }
    CustomerChange: {
      at: string
      kind: string
      change: unknown
    }
    CustomerSummary: {
      original_app_user_id: string
      last_seen_app_user_id: string
      aliases: (string)[]
      first_seen_at: string
      last_seen_at: string
      attributes: components['schemas']['Attributes']
    }
    Delivery: {
      id: string
      event_id: string
      integration_id: string
      environment: "production" | "sandbox"
      status: "waiting" | "sending" | "delivered" | "failed" | "skipped"
      reason: string | null
      advice: string | null
      attempts: number
      due_at: string | null
      created_at: string
      settled_at: string | null
      seq: number
      may_be_doubled: boolean
      resend: number
      records_done: (string)[]
      mends: (string)[]
      notes: (string)[]
      identity: unknown
      event: {
        name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
        type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
        customer: string
        product_id: string
        occurred_at: string
        store: string
      } | null
    }
    Destination: {
      id: string
      title: string
      fields: (components['schemas']['Field'])[]
      integration_fields: (components['schemas']['Field'])[]
      event_names: ({
        key: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change"
        label: string
        default: string
        stores: ("app_store" | "play_store" | "amazon" | "stripe" | "promotional")[]
      })[]
      can_check: boolean
      confirm: string | null
    }
    Entitlement: {
      id: string
      active: boolean
      product_id: string
      purchased_at: string
      expires_at: string | null
      grace_period_expires_at: string | null
    }
    Erased: {
      erased: true
      finished: boolean
    }
    ErrorGroup: {
      status: "failed" | "skipped" | "waiting"
      reason: string
      advice: string | null
      count: number
      more: boolean
      last_at: string
      example_id: string
    }
    Event: {
      id: string
      type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
      name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
      app_id?: string
      event_timestamp_ms: number
      occurred_at_ms: number
      seq: number
      late: boolean
      provisional: boolean
      external_id: string | null
      app_user_id?: string
      original_app_user_id: string
      aliases: (string)[]
      subscriber_attributes: components['schemas']['Attributes']
      product_id: string
      new_product_id?: string | null
      entitlement_ids: (string)[] | null
      entitlement_id: string | null
      presented_offering_id: string | null
      period_type: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
      purchased_at_ms: number
      expiration_at_ms: number | null
      grace_period_expiration_at_ms?: number | null
      auto_resume_at_ms?: number | null
      store: string
      environment: "PRODUCTION" | "SANDBOX"
      is_trial_conversion?: boolean
      cancel_reason?: string | null
      expiration_reason?: string | null
      transferred_from?: (string)[]
      transferred_to?: (string)[]
      transaction_id: string
      original_transaction_id: string
      is_family_share: boolean
      country_code: string | null
      offer_code?: string | null
      renewal_number: number | null
      metadata: null
      price: number | null
      currency: string | null
      price_in_purchased_currency: number | null
      tax_percentage: number
      commission_percentage: number
      takehome_percentage: number
      subscription_status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
      will_renew: boolean | null
      money: {
        currency: string | null
        gross_micros: number | null
        commission_ppm: number
        tax_ppm: number
        rate: string | null
        rate_date: string | null
        rate_estimated: boolean
        estimated: boolean
      }
    }
    Field: {
      key: string
      type: "text" | "secret" | "secrets" | "select" | "toggle" | "number" | "texts" | "seconds" | "json" | "object"
      label: string
      help: string
      required?: boolean
      group?: string
      default?: unknown
      options?: ({
        value: string
        label: string
      } | string)[]
      min?: number
      max?: number
      integer?: boolean
      maxLength?: number
      pattern?: string
      patternHelp?: string
      multiline?: boolean
      fields?: (components['schemas']['Field'])[]
    }
    Integration: {
      id: string
      destination: string
      title: string
      managed: "file" | "dashboard"
      enabled: boolean
      mode: "live" | "shadow"
      live_from: string
      sandbox: boolean
      all_events: boolean
      event_names: Record<string, string>
      settings: Record<string, unknown>
      created_at: string
      confirmed_at: string | null
      channels: (components['schemas']['Channel'])[]
    }
    Invitation: {
      id: string
      email: string
      role: components['schemas']['Role']
      created_at: string
      created_by: string
      expires_at: string
    }
    Member: {
      account_id: string
      email: string
      name: string
      role: components['schemas']['Role']
      hub_owner: boolean
      added_at: string
      last_seen_at: string | null
    }
    Notification: {
      id: string
      app_id: string
      store: string
      environment: "production" | "sandbox"
      type: string
      via: "push" | "pull"
      status: "waiting" | "understood" | "ignored" | "parked"
      note: string | null
      source_key: string
      sent_at: string
      received_at: string
      due_at: string | null
      tries: number
      events: number
    }
    Overview: {
      environment: "production" | "sandbox"
      from: string
      to: string
      bucket_ms: number
      buckets: ({
        at: string
        counts: Record<string, number>
      })[]
      totals: Record<string, number>
      revenue: {
        gross_micros: number
        after_commission_micros: number
        after_commission_and_taxes_micros: number
        currency: "USD"
        unpriced: number
        previous: {
          gross_micros: number
          after_commission_micros: number
          after_commission_and_taxes_micros: number
        }
        buckets: ({
          gross_micros: number
          after_commission_micros: number
          after_commission_and_taxes_micros: number
          at: string
        })[]
      }
      active: {
        subscriptions: number
        trials: number
        grace: number
      }
      integrations: ({
        id: string
        destination: string
        title: string
        enabled: boolean
        state: "open" | "backing_off" | "paused"
        delivered: number
        failed: number
        skipped: number
        waiting: number
        p50_ms: number | null
        p95_ms: number | null
      })[]
      apps: ({
        id: string
        store: string
        title: string
        last_notification_at: string | null
        parked: number
        refused: number
      })[]
      first_steps: {
        app: boolean
        integration: boolean
        event: boolean
      }
    }
    Problem: {
      type: "about:blank"
      title: string
      status: number
      detail: string
      request_id: string
      errors?: ({
        at: string
        message: string
      })[]
      faults?: (string)[]
    }
    Project: {
      id: string
      name: string
      managed: "file" | "dashboard"
      track_unknown_purchases: boolean
      identity_hold_seconds: number
      transfer_behavior: "transfer" | "transfer_if_inactive" | "keep" | "share"
      resubscribe_as: "initial_purchase" | "renewal"
      entitlements: Record<string, (string)[]>
      offerings: Record<string, unknown>
      commission_rules: (Record<string, unknown>)[]
      tax_rules: (Record<string, unknown>)[]
      exchange_rates: ({
        currency: string
        date: string
        usd: string
      })[]
      fields: (components['schemas']['Field'])[]
      rule_fields: {
        commission_rules: (components['schemas']['Field'])[]
        tax_rules: (components['schemas']['Field'])[]
        exchange_rates: (components['schemas']['Field'])[]
      }
    }
    Purchase: {
      app_id: string
      store: string
      environment: "production" | "sandbox"
      chain: string
      line: string
      kind: "subscription" | "one_time"
      status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
      product_id: string | null
      period_type: string | null
      purchased_at: string | null
      expires_at: string | null
      will_renew: boolean | null
      unverified: string | null
      transactions: (components['schemas']['Transaction'])[]
    }
    Replay: {
      dry_run: boolean
      matched: number
      more: boolean
      sample: (components['schemas']['Delivery'])[]
      retried: number
      next: string | null
    }
    Role: "owner" | "admin" | "developer" | "marketer" | "viewer"
    RoleInput: "owner" | "admin" | "developer" | "marketer" | "viewer"
    SecretKey: {
      name: string
      last4: string
      managed: "file" | "dashboard"
      created_at: string
    }
    Session: {
      account: {
        id: string
        email: string
        name: string
        hub_owner: boolean
      }
      projects: ({
        id: string
        name: string
        role: components['schemas']['Role']
        permissions: ("read" | "personal" | "integrate" | "customers" | "configure" | "audit" | "keys" | "members")[]
      })[]
      ends_at: string
      base_url: string
      version: string
    }
    SetAttributes: {
      attributes: components['schemas']['Attributes']
      errors: ({
        key: string
        message: string
      })[]
    }
    Simulated: {
      sent: ({
        name: string
        at: string
        status: number | null
      })[]
    }
    Spent: {
      usd_micros: number | null
      by_currency: ({
        currency: string
        micros: number
      })[]
      unpriced: number
    }
    Store: {
      id: "app_store" | "play_store" | "amazon" | "stripe" | "promotional" | "revenuecat"
      title: string
      slug: string | null
      fields: (components['schemas']['Field'])[]
      app_fields: (components['schemas']['Field'])[]
      steps: (string)[]
      can_check: boolean
      can_test_notification: boolean
      simulator: {
        scenarios: ({
          name: string
          about: string
        })[]
      } | null
    }
    Transaction: {
      entry: string
      reason: string
      transaction_id: string
      product_id: string
      at: string
      recorded_at: string
      micros: number | null
      currency: string | null
      commission_ppm: number
      tax_ppm: number
      usd_rate: string | null
      rate_date: string | null
      event_id: string | null
    }
    Why: {
      integration_id: string
      destination: string
      verdict: "delivered" | "waiting" | "failed" | "skipped" | "not_sent" | "no_event" | "no_customer"
      sentence: string
      event_id: string | null
      delivery_id: string | null
      at: string | null
    }
  }
}

export interface paths {
  '/api/account': {
    patch: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          name?: string
          password?: {
            current?: string
            next: string
          }
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Session'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/accounts/link': {
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          email?: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          kind: "setup" | "sign_in"
          path: string
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/accounts/list': {
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: ({
            email: string
            name: string
            hub_owner: boolean
            disabled: boolean
            created_at: string
            last_seen_at: string | null
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/apply': {
    post: {
      parameters: {
        query?: {
          dry_run?: "0" | "1" | "true" | "false"
          prune?: "0" | "1" | "true" | "false"
          adopt?: "0" | "1" | "true" | "false"
        }
        path?: never
      }
      requestBody: { content: { 'application/yaml': string } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          applied: boolean
          changes: (string)[]
          notes: (string)[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/links/look': {
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          token: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          kind: "setup" | "invitation" | "sign_in"
          email: string | null
          project: {
            id: string
            name: string
          } | null
          role: components['schemas']['Role'] | null
          has_account: boolean
          may_set_password: boolean
          needs_project: boolean
          expires_at: string
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/links/use': {
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          token: string
          email?: string
          name?: string
          password?: string
          project?: {
            id: string
            name: string
          }
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Session'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/oidc/callback': {
    get: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        302: { headers: Record<string, unknown>; content?: never }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/oidc/start': {
    get: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        302: { headers: Record<string, unknown>; content?: never }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects': {
    get: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: ({
            id: string
            name: string
            role: components['schemas']['Role']
            permissions: ("read" | "personal" | "integrate" | "customers" | "configure" | "audit" | "keys" | "members")[]
          })[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          id: string
          name: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Project'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Project'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    patch: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          name?: string | null
          track_unknown_purchases?: boolean
          identity_hold_seconds?: number
          transfer_behavior?: string
          resubscribe_as?: string
          entitlements?: Record<string, (string)[]>
          commission_rules?: (Record<string, unknown>)[]
          tax_rules?: (Record<string, unknown>)[]
          exchange_rates?: (Record<string, unknown>)[]
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Project'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/apps': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['App'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          public_key?: string | null
          environments?: (string)[]
          receive?: string
          events_from?: string | null
          commission?: number | null
          tax?: number | null
          settings?: Record<string, unknown>
          id: string
          store: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['App'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/apps/check': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          public_key?: string | null
          environments?: (string)[]
          receive?: string
          events_from?: string | null
          commission?: number | null
          tax?: number | null
          settings?: Record<string, unknown>
          id?: string
          store: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          results: ({
            environment: "production" | "sandbox"
            ok: boolean | null
            message: string
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/apps/{id}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['App'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    patch: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          public_key?: string | null
          environments?: (string)[]
          receive?: string
          events_from?: string | null
          commission?: number | null
          tax?: number | null
          settings?: Record<string, unknown>
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['App'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          removed: true
          waiting: number
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/apps/{id}/check': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          results: ({
            environment: "production" | "sandbox"
            ok: boolean | null
            message: string
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/apps/{id}/test-notification': {
    post: {
      parameters: {
        query?: {
          environment?: "production" | "sandbox"
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          asked: true
          message: string
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/audit': {
    get: {
      parameters: {
        query?: {
          before?: string
          limit?: number
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Act'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/config.yaml': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/yaml': string } }
      }
    }
  }
  '/api/projects/{project}/connectors': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          stores: (components['schemas']['Store'])[]
          destinations: (components['schemas']['Destination'])[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers': {
    get: {
      parameters: {
        query?: {
          query?: string
          after?: string
          limit?: number
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['CustomerSummary'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers/{id}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Customer'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Erased'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers/{id}/attributes': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          attributes: Record<string, {
            value: string | null
            updated_at_ms?: number | null
          }>
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['SetAttributes'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          attributes: Record<string, {
            value: string | null
            updated_at_ms?: number | null
          }>
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['SetAttributes'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers/{id}/export': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content?: never }
      }
    }
  }
  '/api/projects/{project}/customers/{id}/grants': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          entitlement: string
          duration?: "daily" | "three_day" | "weekly" | "two_week" | "monthly" | "two_month" | "three_month" | "six_month" | "yearly" | "lifetime"
          end_time_ms?: number
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Customer'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers/{id}/grants/{entitlement}': {
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
          entitlement: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          revoked: number
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/customers/{id}/timeline': {
    get: {
      parameters: {
        query?: {
          before?: string
          limit?: number
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: ({
            at: string
            event: {
              id: string
              type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
              name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
              app_id?: string
              event_timestamp_ms: number
              occurred_at_ms: number
              seq: number
              late: boolean
              provisional: boolean
              external_id: string | null
              app_user_id?: string
              original_app_user_id: string
              aliases: (string)[]
              subscriber_attributes: components['schemas']['Attributes']
              product_id: string
              new_product_id?: string | null
              entitlement_ids: (string)[] | null
              entitlement_id: string | null
              presented_offering_id: string | null
              period_type: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
              purchased_at_ms: number
              expiration_at_ms: number | null
              grace_period_expiration_at_ms?: number | null
              auto_resume_at_ms?: number | null
              store: string
              environment: "PRODUCTION" | "SANDBOX"
              is_trial_conversion?: boolean
              cancel_reason?: string | null
              expiration_reason?: string | null
              transferred_from?: (string)[]
              transferred_to?: (string)[]
              transaction_id: string
              original_transaction_id: string
              is_family_share: boolean
              country_code: string | null
              offer_code?: string | null
              renewal_number: number | null
              metadata: null
              price: number | null
              currency: string | null
              price_in_purchased_currency: number | null
              tax_percentage: number
              commission_percentage: number
              takehome_percentage: number
              subscription_status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
              will_renew: boolean | null
              money: {
                currency: string | null
                gross_micros: number | null
                commission_ppm: number
                tax_ppm: number
                rate: string | null
                rate_date: string | null
                rate_estimated: boolean
                estimated: boolean
              }
              notification_id: string | null
            }
          } | components['schemas']['CustomerChange'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/deliveries/{id}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          id: string
          event_id: string
          integration_id: string
          environment: "production" | "sandbox"
          status: "waiting" | "sending" | "delivered" | "failed" | "skipped"
          reason: string | null
          advice: string | null
          attempts: number
          due_at: string | null
          created_at: string
          settled_at: string | null
          seq: number
          may_be_doubled: boolean
          resend: number
          records_done: (string)[]
          mends: (string)[]
          notes: (string)[]
          identity: unknown
          event: {
            name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
            type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
            customer: string
            product_id: string
            occurred_at: string
            store: string
          } | null
          attempt_log: ({
            id: string
            at: string
            status: number | null
            duration_ms: number
            request: unknown
            response: unknown
            outcomes: (unknown)[]
            delivery_id: string
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/deliveries/{id}/arrived': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Delivery'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/deliveries/{id}/retry': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Delivery'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/events': {
    get: {
      parameters: {
        query?: {
          after?: string
          before?: string
          type?: string | (string)[]
          customer?: string
          environment?: string
          store?: string
          product?: string
          from?: string
          to?: string
          limit?: number
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: ({
            id: string
            type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
            name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
            app_id?: string
            event_timestamp_ms: number
            occurred_at_ms: number
            seq: number
            late: boolean
            provisional: boolean
            external_id: string | null
            app_user_id?: string
            original_app_user_id: string
            aliases: (string)[]
            subscriber_attributes: components['schemas']['Attributes']
            product_id: string
            new_product_id?: string | null
            entitlement_ids: (string)[] | null
            entitlement_id: string | null
            presented_offering_id: string | null
            period_type: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
            purchased_at_ms: number
            expiration_at_ms: number | null
            grace_period_expiration_at_ms?: number | null
            auto_resume_at_ms?: number | null
            store: string
            environment: "PRODUCTION" | "SANDBOX"
            is_trial_conversion?: boolean
            cancel_reason?: string | null
            expiration_reason?: string | null
            transferred_from?: (string)[]
            transferred_to?: (string)[]
            transaction_id: string
            original_transaction_id: string
            is_family_share: boolean
            country_code: string | null
            offer_code?: string | null
            renewal_number: number | null
            metadata: null
            price: number | null
            currency: string | null
            price_in_purchased_currency: number | null
            tax_percentage: number
            commission_percentage: number
            takehome_percentage: number
            subscription_status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
            will_renew: boolean | null
            money: {
              currency: string | null
              gross_micros: number | null
              commission_ppm: number
              tax_ppm: number
              rate: string | null
              rate_date: string | null
              rate_estimated: boolean
              estimated: boolean
            }
            notification_id: string | null
          })[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/events/{id}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          id: string
          type: "INITIAL_PURCHASE" | "RENEWAL" | "CANCELLATION" | "UNCANCELLATION" | "NON_RENEWING_PURCHASE" | "SUBSCRIPTION_PAUSED" | "EXPIRATION" | "BILLING_ISSUE" | "PRODUCT_CHANGE" | "TRANSFER" | "SUBSCRIPTION_EXTENDED" | "REFUND" | "REFUND_REVERSED"
          name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change" | null
          app_id?: string
          event_timestamp_ms: number
          occurred_at_ms: number
          seq: number
          late: boolean
          provisional: boolean
          external_id: string | null
          app_user_id?: string
          original_app_user_id: string
          aliases: (string)[]
          subscriber_attributes: components['schemas']['Attributes']
          product_id: string
          new_product_id?: string | null
          entitlement_ids: (string)[] | null
          entitlement_id: string | null
          presented_offering_id: string | null
          period_type: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
          purchased_at_ms: number
          expiration_at_ms: number | null
          grace_period_expiration_at_ms?: number | null
          auto_resume_at_ms?: number | null
          store: string
          environment: "PRODUCTION" | "SANDBOX"
          is_trial_conversion?: boolean
          cancel_reason?: string | null
          expiration_reason?: string | null
          transferred_from?: (string)[]
          transferred_to?: (string)[]
          transaction_id: string
          original_transaction_id: string
          is_family_share: boolean
          country_code: string | null
          offer_code?: string | null
          renewal_number: number | null
          metadata: null
          price: number | null
          currency: string | null
          price_in_purchased_currency: number | null
          tax_percentage: number
          commission_percentage: number
          takehome_percentage: number
          subscription_status: "active" | "intro" | "cancelled" | "grace_period" | "trial" | "cancelled_trial" | "grace_period_trial" | "expired" | "promotional" | "expired_promotional" | "paused"
          will_renew: boolean | null
          money: {
            currency: string | null
            gross_micros: number | null
            commission_ppm: number
            tax_ppm: number
            rate: string | null
            rate_date: string | null
            rate_estimated: boolean
            estimated: boolean
          }
          notification_id: string | null
          deliveries: (components['schemas']['Delivery'])[]
          attempts: ({
            id: string
            at: string
            status: number | null
            duration_ms: number
            request: unknown
            response: unknown
            outcomes: (unknown)[]
            delivery_id: string
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/exports': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          kind: "events" | "customers" | "purchases"
          after: string
          limit: number
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (Record<string, unknown>)[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/hand-over': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Project'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/imports': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          step: "begin"
          id: string
          kind: "revenuecat_export" | "purchases" | "attributes"
          source: string
        } | {
          step: "progress"
          row: {
            id: string
            kind: "revenuecat_export" | "purchases" | "attributes"
            source: string
            done: number
            pieces: number | null
            counts: string
            startedAt: number
            updatedAt: number
            finishedAt: number | null
          }
        } | {
          step: "rows"
          asOf: number
          announce: boolean
          named: Record<string, string>
          customers: (({
            place: [number, number]
            originalAppUserId: string
            lastSeenAppUserId: string | null
            firstSeenAt: number | null
            store: "app_store" | "play_store" | "amazon" | "stripe" | "promotional"
            environment: "production" | "sandbox"
            transactionId: string
            originalTransactionId: string
            productId: string
            isSubscription: boolean
            periodType: "TRIAL" | "INTRO" | "NORMAL" | "PROMOTIONAL" | "PREPAID"
            startsAt: number
            endsAt: number | null
            graceEndsAt: number | null
            accessEndsAt: number | null
            unsubscribedAt: number | null
            billingFailedAt: number | null
            refundedAt: number | null
            resumesAt: number | null
            price: {
              micros: number
              currency: string
            } | null
            keptMicros: number | null
            isFamilyShare: boolean
            countryCode: string | null
            offerCode: string | null
            entitlements: (string)[]
            renewalNumber: number | null
            isTrialConversion: boolean | null
            updatedAt: number
            reservedAttributes: string
            customAttributes: string
          })[])[]
        } | {
          step: "claims"
          claims: ({
            app: string
            appUserId: string
            shown: {
              kind: "token"
              token: string
            } | {
              kind: "transaction"
              id: string
            } | {
              kind: "subscription"
              id: string
            }
            productIds: (string)[]
            storeUserId: string | null
            sandbox: boolean | null
          })[]
        } | {
          step: "attributes"
          sets: ({
            appUserId: string
            changes: ({
              key: string
              value: string | null
              updatedAt: number | null
            })[]
          })[]
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          result: unknown
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Integration'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          enabled?: boolean
          live_from?: string | null
          sandbox?: boolean
          event_names?: Record<string, string>
          settings: Record<string, unknown>
          id?: string
          destination: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Integration'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/check': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          id?: string
          destination: string
          settings: Record<string, unknown>
          sandbox?: boolean
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          results: ({
            environment: "production" | "sandbox"
            ok: boolean | null
            message: string
            suggestion: Record<string, string> | null
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/test-event': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          id?: string
          destination: string
          settings: Record<string, unknown>
          sandbox?: boolean
          environment: "production" | "sandbox"
          event: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change"
          app_user_id?: string
          event_names?: Record<string, string>
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          ok: boolean | null
          message: string
          request: {
            method: string
            url: string
            body: string
          }
          response: {
            status: number
            body: string
          } | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          id: string
          destination: string
          title: string
          managed: "file" | "dashboard"
          enabled: boolean
          mode: "live" | "shadow"
          live_from: string
          sandbox: boolean
          all_events: boolean
          event_names: Record<string, string>
          settings: Record<string, unknown>
          created_at: string
          confirmed_at: string | null
          channels: (components['schemas']['Channel'])[]
          deliveries: {
            waiting: number
            delivered: number
            failed: number
            skipped: number
          }
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    patch: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          enabled?: boolean
          live_from?: string | null
          sandbox?: boolean
          event_names?: Record<string, string>
          settings?: Record<string, unknown>
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Integration'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          removed: true
          waiting: number
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/check': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          results: ({
            environment: "production" | "sandbox"
            ok: boolean | null
            message: string
            suggestion: Record<string, string> | null
          })[]
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/confirm': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Integration'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/deliveries': {
    get: {
      parameters: {
        query?: {
          status?: "waiting" | "sending" | "delivered" | "failed" | "skipped"
          environment?: string
          reason?: string
          event_type?: string | (string)[]
          customer?: string
          before?: string
          limit?: number
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Delivery'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/errors': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['ErrorGroup'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/pause': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Integration'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/replay': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          mode: "fill"
          status: "failed" | "skipped"
          reason?: string
          event_types?: string | (string)[]
          customer?: string
          environment?: string
          from?: string
          to?: string
          after?: string
          dry_run?: boolean
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Replay'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/resume': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Integration'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/test-event': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          environment: "production" | "sandbox"
          event: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change"
          app_user_id?: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          ok: boolean | null
          message: string
          request: {
            method: string
            url: string
            body: string
          }
          response: {
            status: number
            body: string
          } | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/integrations/{id}/volume': {
    get: {
      parameters: {
        query?: {
          days?: number
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: ({
            name: "initial_purchase" | "trial_started" | "trial_converted" | "trial_cancelled" | "renewal" | "cancellation" | "uncancellation" | "non_subscription_purchase" | "subscription_paused" | "expiration" | "billing_issue" | "product_change"
            events: number
          })[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/invitations': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Invitation'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          email: string
          role: components['schemas']['RoleInput']
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          id: string
          email: string
          role: components['schemas']['Role']
          created_at: string
          created_by: string
          expires_at: string
          link: string
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/invitations/{id}': {
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          removed: true
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/keys': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['SecretKey'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          name: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          name: string
          last4: string
          managed: "file" | "dashboard"
          created_at: string
          key: string
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/keys/{name}': {
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          name: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          revoked: true
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/members': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Member'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/members/{id}': {
    patch: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody: { content: { 'application/json': {
          role: components['schemas']['RoleInput']
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Member'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete: {
      parameters: {
        query?: never
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          removed: true
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/metrics/overview': {
    get: {
      parameters: {
        query?: {
          environment?: "production" | "sandbox"
          hours?: "24" | "168" | "720"
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Overview'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/notifications': {
    get: {
      parameters: {
        query?: {
          app?: string
          status?: "waiting" | "understood" | "ignored" | "parked"
          before?: string
          limit?: number
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Notification'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/notifications/{id}': {
    get: {
      parameters: {
        query?: {
          body?: "base64" | "text"
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          id: string
          app_id: string
          store: string
          environment: "production" | "sandbox"
          type: string
          via: "push" | "pull"
          status: "waiting" | "understood" | "ignored" | "parked"
          note: string | null
          source_key: string
          sent_at: string
          received_at: string
          due_at: string | null
          tries: number
          events: number
          body?: {
            encoding: "base64" | "text"
            raw: true
            bytes: number
            content: string
          }
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/notifications/{id}/reprocess': {
    post: {
      parameters: {
        query?: {
          dry_run?: "0" | "1" | "true" | "false"
        }
        path: {
          project: string
          id: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          dry_run: boolean
          would_add: (components['schemas']['Event'])[]
          would_change: (string)[]
          note: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/purchases': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          app: string
          app_user_id: string
          token?: string
          transaction_id?: string
          subscription_id?: string
          store_user_id?: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Claimed'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/simulate': {
    post: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody: { content: { 'application/json': {
          app: string
          scenario: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Simulated'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/projects/{project}/stream': {
    get: {
      parameters: {
        query?: never
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content?: never }
      }
    }
  }
  '/api/projects/{project}/why': {
    get: {
      parameters: {
        query?: {
          customer?: string
          event?: string | (string)[]
          event_id?: string
          integration?: string
        }
        path: {
          project: string
        }
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          items: (components['schemas']['Why'])[]
          next: string | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/session': {
    post: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody: { content: { 'application/json': {
          email: string
          password: string
        } } }
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Session'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    get: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': components['schemas']['Session'] } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          signed_out: true
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/sessions': {
    delete: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          signed_out: true
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
  '/api/sign-in': {
    get: {
      parameters: {
        query?: never
        path?: never
      }
      requestBody?: never
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': {
          version: string
          setup_pending: boolean
          oidc: {
            name: string
          } | null
        } } }
        default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
  }
}
