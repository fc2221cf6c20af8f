extension Metric {
    // The names that Prometheus' own clients use:
    // https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
    public static let processCPU = counter("process_cpu_seconds_total", "User and system time, in seconds.")
    public static let processResident = gauge("process_resident_memory_bytes", "Resident memory.")
    public static let processVirtual = gauge("process_virtual_memory_bytes", "Virtual memory.")
    public static let processDescriptors = gauge("process_open_fds", "Open file descriptors.")
    public static let processMostDescriptors = gauge("process_max_fds", "Most file descriptors that may be open.")
    public static let processStart = gauge("process_start_time_seconds", "When it was started, since the epoch.")
    public static let buildInfo = gauge("restante_build_info", "Always 1.", labels: ["version"])

    static let processCatalogue = [
        processCPU, processResident, processVirtual, processDescriptors, processMostDescriptors, processStart,
        buildInfo,
    ]

    /// All that Restante measures, in the order of `docs/METRICS.md`.
    public static let catalogue = gatewayCatalogue + storeCatalogue + processCatalogue
}
