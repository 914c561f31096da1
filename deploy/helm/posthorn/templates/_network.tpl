{{/* The bits of an IPv4 or IPv6 address, as text. */}}
{{- define "posthorn.bits" -}}
{{- if contains ":" . -}}
{{- $nibbles := dict "0" "0000" "1" "0001" "2" "0010" "3" "0011" "4" "0100" "5" "0101" "6" "0110" "7" "0111" "8" "1000" "9" "1001" "a" "1010" "b" "1011" "c" "1100" "d" "1101" "e" "1110" "f" "1111" -}}
{{- $halves := splitList "::" (lower .) -}}
{{- $head := compact (splitList ":" (first $halves)) -}}
{{- $tail := list -}}
{{- if gt (len $halves) 1 -}}{{- $tail = compact (splitList ":" (last $halves)) -}}{{- end -}}
{{- $hextets := $head -}}
{{- range until (int (sub 8 (add (len $head) (len $tail)))) -}}{{- $hextets = append $hextets "0" -}}{{- end -}}
{{- range concat $hextets $tail -}}
{{- range splitList "" (printf "%04s" . | replace " " "0") -}}{{- get $nibbles . -}}{{- end -}}
{{- end -}}
{{- else -}}
{{- range splitList "." . -}}{{- printf "%08b" (int .) -}}{{- end -}}
{{- end -}}
{{- end -}}

{{/* A peer that is a network without the metadata addresses of clouds, which hand out credentials. Parameters: cidr, except. */}}
{{- define "posthorn.ipBlock" -}}
{{- $parts := splitList "/" .cidr -}}
{{- $length := int (last $parts) -}}
{{- $bits := include "posthorn.bits" (first $parts) -}}
{{- $except := .except | default list -}}
{{- range list "169.254.169.254" "fd00:ec2::254" -}}
{{- $metadata := include "posthorn.bits" . -}}
{{- if and (eq (len $metadata) (len $bits)) (eq (substr 0 $length $metadata) (substr 0 $length $bits)) -}}
{{- if eq $length (len $bits) -}}{{- fail (printf "%s is a metadata address, which is always blocked" $.cidr) -}}{{- end -}}
{{- $except = append $except (printf "%s/%d" . (len $bits)) -}}
{{- end -}}
{{- end -}}
- ipBlock: {{ toJson (ternary (dict "cidr" .cidr "except" $except) (dict "cidr" .cidr) (gt (len $except) 0)) }}
{{- end -}}

{{/* An egress rule to a server of the cluster or of a network. Parameters: namespaces, cidrs, ports, protocols. */}}
{{- define "posthorn.egressTo" -}}
- ports:
    {{- range $port := .ports }}
    {{- range $.protocols | default (list "TCP") }}
    - { port: {{ $port }}, protocol: {{ . }} }
    {{- end }}
    {{- end }}
  to:
    {{- with .namespaces }}
    - namespaceSelector:
        matchExpressions:
          - { key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }} }
    {{- end }}
    {{- range .cidrs }}
    {{- include "posthorn.ipBlock" (dict "cidr" .) | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The egress rule to receivers: the public internet, and the networks of POSTHORN_OUTBOUND_ALLOW and POSTHORN_OUTBOUND_PRIVATE_NETWORKS. The exceptions are those of
     packages/outbound/src/address-guard.ts. */}}
{{- define "posthorn.egressToReceivers" -}}
{{- $ports := .Values.config.POSTHORN_OUTBOUND_PORTS | default "443" -}}
{{- $publicIpv4 := list "0.0.0.0/8" "10.0.0.0/8" "100.64.0.0/10" "127.0.0.0/8" "168.63.129.16/32" "169.254.0.0/16" "172.16.0.0/12" "192.0.0.0/24" "192.0.2.0/24" "192.88.99.0/24" "192.168.0.0/16" "198.18.0.0/15" "198.51.100.0/24" "203.0.113.0/24" "224.0.0.0/4" "240.0.0.0/4" -}}
{{- $publicIpv6 := list "2001::/23" "2001:db8::/32" "2002::/16" "3fff::/20" -}}
- to:
    - ipBlock: {{ toJson (dict "cidr" "0.0.0.0/0" "except" $publicIpv4) }}
    - ipBlock: {{ toJson (dict "cidr" "2000::/3" "except" $publicIpv6) }}
    {{- range compact (splitList "," (printf "%s,%s" (.Values.config.POSTHORN_OUTBOUND_ALLOW | default "") (.Values.config.POSTHORN_OUTBOUND_PRIVATE_NETWORKS | default "") | nospace)) }}
    {{- include "posthorn.ipBlock" (dict "cidr" .) | nindent 4 }}
    {{- end }}
  {{- if ne $ports "*" }}
  ports:
    {{- range compact (splitList "," (nospace $ports)) }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  {{- end }}
{{- end -}}
