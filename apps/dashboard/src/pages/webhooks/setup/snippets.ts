/** A function that verifies a request, in one programming language, and throws if the request is not authentic. */
interface Snippet {
  label: string;
  code: string;
}

/** Without libraries. `secret` is `whsec_…`, and `body` are the bytes as they were received. */
export const SNIPPETS = {
  node: {
    label: 'Node.js',
    code: `import { createHmac, timingSafeEqual } from 'node:crypto';

export function verify(secret, headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!(Math.abs(Date.now() / 1000 - timestamp) < 300)) throw new Error('Wrong timestamp');
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key).update(id + '.' + timestamp + '.').update(body).digest();
  const isValid = headers['webhook-signature'].split(' ').some((signature) => {
    const actual = Buffer.from(signature.replace('v1,', ''), 'base64');
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  });
  if (!isValid) throw new Error('Wrong signature');
  return JSON.parse(body);
}
`,
  },
  python: {
    label: 'Python',
    code: `import base64, hashlib, hmac, json, time

def verify(secret, headers, body):
    id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        raise ValueError("Wrong timestamp")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    signatures = headers["webhook-signature"].split(" ")
    if not any([hmac.compare_digest(expected, each) for each in signatures]):
        raise ValueError("Wrong signature")
    return json.loads(body)
`,
  },
  go: {
    label: 'Go',
    code: `package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func Verify(secret string, headers http.Header, body []byte) error {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-seconds)) > 300 {
		return errors.New("wrong timestamp")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, signature := range strings.Fields(headers.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(expected)) {
			return nil
		}
	}
	return errors.New("wrong signature")
}
`,
  },
  java: {
    label: 'Java',
    code: `import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Verify {
  static void verify(String secret, String id, String timestamp, String signatures, byte[] body) throws Exception {
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300)
      throw new SecurityException("Wrong timestamp");
    Mac mac = Mac.getInstance("HmacSHA256");
    byte[] key = Base64.getDecoder().decode(secret.replace("whsec_", ""));
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + timestamp + ".").getBytes("UTF-8"));
    String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
    for (String signature : signatures.split(" "))
      if (MessageDigest.isEqual(signature.getBytes("UTF-8"), expected.getBytes("UTF-8"))) return;
    throw new SecurityException("Wrong signature");
  }
}
`,
  },
  ruby: {
    label: 'Ruby',
    code: `require "base64"
require "json"
require "openssl"

def verify(secret, headers, body)
  id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
  raise "Wrong timestamp" if (Time.now.to_i - Integer(timestamp)).abs > 300
  key = Base64.decode64(secret.delete_prefix("whsec_"))
  digest = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{timestamp}.#{body}")
  expected = "v1,#{Base64.strict_encode64(digest)}"
  valid = headers["webhook-signature"].split.any? { |each| OpenSSL.secure_compare(each, expected) }
  raise "Wrong signature" unless valid
  JSON.parse(body)
end
`,
  },
  php: {
    label: 'PHP',
    code: `<?php

function verify(string $secret, array $headers, string $body): mixed
{
    $id = $headers['webhook-id'];
    $timestamp = $headers['webhook-timestamp'];
    if (abs(time() - (int) $timestamp) > 300) {
        throw new RuntimeException('Wrong timestamp');
    }
    $key = base64_decode(str_replace('whsec_', '', $secret));
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $signature) {
        if (hash_equals($expected, $signature)) {
            return json_decode($body, true);
        }
    }
    throw new RuntimeException('Wrong signature');
}
`,
  },
  csharp: {
    label: 'C#',
    code: `using System.Security.Cryptography;
using System.Text;

static class Webhooks
{
    public static void Verify(string secret, string id, string timestamp, string signatures, byte[] body)
    {
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(timestamp)) > 300)
            throw new CryptographicException("Wrong timestamp");
        byte[] key = Convert.FromBase64String(secret.Replace("whsec_", ""));
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        byte[] expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
        foreach (string signature in signatures.Split(' '))
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), expected)) return;
        throw new CryptographicException("Wrong signature");
    }
}
`,
  },
} satisfies Record<string, Snippet>;

export type SnippetName = keyof typeof SNIPPETS;
