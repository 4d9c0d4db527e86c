#!/usr/bin/env bash
# What an app asks for to pay with a card, as shell lines. The app knows the id of a
# payment intent, which the shop's server has made, and no key.
#   TATAMI_URL=http://127.0.0.1:8080 bash examples/app-requests/pay.sh pi_sandbox_…
set -euo pipefail
base=${TATAMI_URL:-http://127.0.0.1:8080}
intent=$1

call() { curl --silent --show-error --header 'Version: 2022-04-07' --header 'IS-MOBILE: true' --header 'Content-Type: application/json' "$@"; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# 1. Where payments are to be sent.
payments=$(call "$base/rag-manifest.json" | field baseUrl)

# 2. What is to be paid, and a secret to pay it with. A secret pays once.
call "$base/payment-intents/public/$intent" > /dev/null
secret=$(call --request POST "$base/payment-intents/public/$intent/refresh-client-session-secret" | field clientSessionSecret)

# 3. The card. A test card: the bank asks its holder.
card='{"cardNumber":"4456530000001096","cardName":"Ada Lovelace","expiryDate":"12 / 39","cV2":"020","metaData":{"dojo-sdk-core-version":"1.0"}}'
call --data "$card" "$payments/api/device-data/$secret" > /dev/null
answer=$(call --data "$card" "$payments/api/payments/$secret")
echo "card: $(field statusCode <<< "$answer")"

# 4. The bank's page, which an app shows in a web view. Here its form is posted at once.
md=$(field md <<< "$answer")
request=$(field paReq <<< "$answer")
page=$(curl --silent --show-error --data-urlencode "PaReq=$request" --data-urlencode "MD=$md" --data 'decision=approve&code=123456' "$base/three-ds/acs/decide")
proof=$(sed -n 's/.*data-pa-res="\([^"]*\)".*/\1/p' <<< "$page" | head -1)

# 5. On with the bank's proof.
done=$(call --data "{\"transactionId\":\"$md\",\"paRes\":\"$proof\",\"cardinalValidateResponse\":{\"isValidated\":true,\"errorNumber\":0,\"actionCode\":\"SUCCESS\"}}" \
  "$payments/mobile/payments/$secret/three-ds-complete")
echo "after the bank: $(field statusCode <<< "$done")"
