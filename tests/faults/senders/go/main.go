package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/grafana/loki-client-go/loki"
	"github.com/grafana/loki-client-go/pkg/backoff"
	"github.com/grafana/loki-client-go/pkg/urlutil"
	"github.com/prometheus/common/model"
)

func number(name string) int64 {
	n, err := strconv.ParseInt(os.Getenv(name), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func main() {
	var url urlutil.URLValue
	if err := url.Set(os.Getenv("SENDER_LOKI") + "/loki/api/v1/push"); err != nil {
		panic(err)
	}
	client, err := loki.New(loki.Config{
		URL: url, BatchWait: 500 * time.Millisecond, BatchSize: 100 << 10, Timeout: 10 * time.Second,
		BackoffConfig: backoff.BackoffConfig{MinBackoff: 200 * time.Millisecond, MaxBackoff: 2 * time.Second, MaxRetries: 1000},
	})
	if err != nil {
		panic(err)
	}
	records, seconds, began := number("SENDER_RECORDS"), number("SENDER_SECONDS"), number("SENDER_BEGAN")
	start := time.Now()
	levels := []string{"debug", "info", "warn", "error"}
	for at := int64(0); at < records; {
		due := min(records, time.Since(start).Nanoseconds()/1000*records/(seconds*1_000_000)+1)
		for ; at < due; at++ {
			labels := model.LabelSet{"service_name": "senders", "service_instance_id": "one", "level": model.LabelValue(levels[at%4])}
			if err := client.Handle(labels, time.Unix(0, began+at*1000), fmt.Sprintf("record %09d of the sender", at)); err != nil {
				panic(err)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	client.Stop()
}
