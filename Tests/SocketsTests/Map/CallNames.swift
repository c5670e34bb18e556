/// The names that somebody may look up in the article, each of which must have a row there.
///
/// Two lists of calls, complete for what they name as their source, and one of types, macros and
/// constants, which is a choice.
enum CallNames {
  /// The Berkeley calls: what the headers of glibc 2.36 declare, and what the pages of the Linux
  /// man-pages 6.03 add that socket(7), unix(7), ip(7), tcp(7), udp(7) and epoll(7) refer to.
  static let berkeley = names(
    """
    sys/socket.h:
      accept accept4 bind connect getpeername getsockname getsockopt isfdtype listen recv recvfrom
      recvmmsg recvmsg send sendmmsg sendmsg sendto setsockopt shutdown sockatmark socket socketpair
    unistd.h, fcntl.h, sys/ioctl.h, sys/uio.h, sys/sendfile.h:
      close dup dup2 dup3 fcntl fork ioctl read readv sendfile sendfile64 splice tee vmsplice write writev
    stdio.h, on a stream that fdopen made of a socket:
      dprintf fdopen fgets fprintf fputs getdelim getline
    sys/select.h, poll.h, sys/epoll.h:
      epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait poll ppoll pselect select
    signal.h, sys/eventfd.h, sys/signalfd.h, sys/timerfd.h, sys/inotify.h:
      alarm eventfd inotify_init setitimer sigaction signal signalfd timerfd_create
    netdb.h, hosts:
      endhostent freeaddrinfo freehostent gai_cancel gai_error gai_strerror gai_suspend getaddrinfo
      getaddrinfo_a gethostbyaddr gethostbyaddr_r gethostbyname gethostbyname2 gethostbyname2_r
      gethostbyname_r gethostent gethostent_r getipnodebyaddr getipnodebyname getnameinfo herror
      hstrerror sethostent
    netdb.h, services, protocols, networks:
      endnetent endprotoent endservent getnetbyaddr getnetbyaddr_r getnetbyname getnetbyname_r
      getnetent getnetent_r getprotobyname getprotobyname_r getprotobynumber getprotobynumber_r
      getprotoent getprotoent_r getservbyname getservbyname_r getservbyport getservbyport_r
      getservent getservent_r setnetent setprotoent setservent
    netdb.h, RPC, netgroups, remote shells:
      endnetgrent endrpcent getnetgrent getnetgrent_r getrpcbyname getrpcbyname_r getrpcbynumber
      getrpcbynumber_r getrpcent getrpcent_r innetgr iruserok iruserok_af rcmd rcmd_af rexec rexec_af
      rresvport rresvport_af ruserok ruserok_af setnetgrent setrpcent
    arpa/inet.h, netinet/in.h:
      bindresvport bindresvport6 getipv4sourcefilter getsourcefilter htonl htons inet_addr inet_aton
      inet_lnaof inet_makeaddr inet_net_ntop inet_net_pton inet_neta inet_netof inet_network
      inet_nsap_addr inet_nsap_ntoa inet_ntoa inet_ntop inet_pton ntohl ntohs setipv4sourcefilter
      setsourcefilter
    netinet/in.h, RFC 3542 and RFC 2292:
      inet6_opt_append inet6_opt_find inet6_opt_finish inet6_opt_get_val inet6_opt_init inet6_opt_next
      inet6_opt_set_val inet6_option_alloc inet6_option_append inet6_option_find inet6_option_init
      inet6_option_next inet6_option_space inet6_rth_add inet6_rth_getaddr inet6_rth_init
      inet6_rth_reverse inet6_rth_segments inet6_rth_space
    resolv.h:
      dn_comp dn_expand res_init res_mkquery res_nclose res_ninit res_nmkquery res_nquery
      res_nquerydomain res_nsearch res_nsend res_query res_querydomain res_search res_send
    endian.h:
      be16toh be32toh be64toh htobe16 htobe32 htobe64
    ifaddrs.h, net/if.h:
      freeifaddrs getifaddrs if_freenameindex if_indextoname if_nameindex if_nametoindex
    errors, the machine, and what other systems and systemd have:
      getdomainname getpeereid gethostid gethostname perror sd_listen_fds sd_listen_fds_with_names
      sd_notify setdomainname sethostid sethostname strerror
    """
  )

  /// The Winsock calls: those that the Windows documentation lists as "Winsock functions" and "Winsock
  /// SPI functions", the exports of wsock32.dll and ws2_32.dll, and what else of Windows programs use
  /// with sockets.
  ///
  /// `A` and `W` forms go by the name without the letter.
  static let winsock = names(
    """
    Winsock 1.1:
      __WSAFDIsSet accept bind closesocket connect gethostbyaddr gethostbyname gethostname getpeername
      getprotobyname getprotobynumber getservbyname getservbyport getsockname getsockopt htonl htons
      inet_addr inet_ntoa ioctlsocket listen ntohl ntohs recv recvfrom select send sendto setsockopt
      shutdown socket WEP WSAAsyncGetHostByAddr WSAAsyncGetHostByName WSAAsyncGetProtoByName
      WSAAsyncGetProtoByNumber WSAAsyncGetServByName WSAAsyncGetServByPort WSAAsyncSelect
      WSACancelAsyncRequest WSACancelBlockingCall WSACleanup WSAGetLastError WSAIsBlocking
      WSASetBlockingHook WSASetLastError WSAStartup WSAUnhookBlockingHook
    wsock32.dll, beyond the standard:
      AcceptEx dn_expand EnumProtocols GetAcceptExSockaddrs GetAddressByName GetNameByType
      getnetbyname GetService GetTypeByName inet_network NPLoadNameSpaces rcmd rexec rresvport s_perror
      sethostname SetService TransmitFile WsControl WSARecvEx
    Winsock 2.2:
      WSAAccept WSAAddressToString WSACloseEvent WSAConnect WSAConnectByList WSAConnectByName
      WSACreateEvent WSADuplicateSocket WSAEnumNameSpaceProviders WSAEnumNameSpaceProvidersEx
      WSAEnumNetworkEvents WSAEnumProtocols WSAEventSelect WSAGetOverlappedResult WSAGetQOSByName
      WSAGetServiceClassInfo WSAGetServiceClassNameByClassId WSAHtonl WSAHtons WSAInstallServiceClass
      WSAIoctl WSAJoinLeaf WSALookupServiceBegin WSALookupServiceEnd WSALookupServiceNext WSANSPIoctl
      WSANtohl WSANtohs WSApSetPostRoutine WSAPoll WSAProviderConfigChange WSARecv WSARecvDisconnect
      WSARecvFrom WSARecvMsg WSARemoveServiceClass WSAResetEvent WSASend WSASendDisconnect WSASendMsg
      WSASendTo WSASetEvent WSASetService WSASocket WSAStringToAddress WSAWaitForMultipleEvents
    ws2tcpip.h and winsock2.h, later:
      freeaddrinfo FreeAddrInfoEx FreeAddrInfoW gai_strerror getaddrinfo GetAddrInfoEx
      GetAddrInfoExCancel GetAddrInfoExOverlappedResult GetAddrInfoW GetHostNameW
      getipv4sourcefilter getnameinfo GetNameInfoW getsourcefilter htond htonf htonll inet_ntop
      inet_pton InetNtop InetPton ntohd ntohf ntohll SetAddrInfoEx setipv4sourcefilter
      SetSocketMediaStreamingMode setsourcefilter WSADeleteSocketPeerTargetName
      WSAGetFailConnectOnIcmpError WSAGetIcmpErrorInfo WSAGetIPUserMtu WSAGetUdpRecvMaxCoalescedSize
      WSAGetUdpSendMessageSize WSAImpersonateSocketPeer WSAQuerySocketSecurity WSARevertImpersonation
      WSASetFailConnectOnIcmpError WSASetIPUserMtu WSASetSocketPeerTargetName WSASetSocketSecurity
      WSASetUdpRecvMaxCoalescedSize WSASetUdpSendMessageSize
    mswsock.h:
      ConnectEx DisconnectEx TransmitPackets
      RIOCloseCompletionQueue RIOCreateCompletionQueue RIOCreateRequestQueue RIODequeueCompletion
      RIODeregisterBuffer RIONotify RIOReceive RIOReceiveEx RIORegisterBuffer RIOResizeCompletionQueue
      RIOResizeRequestQueue RIOSend RIOSendEx
    Windows, used with sockets:
      BindIoCompletionCallback CancelIo CancelIoEx CloseHandle CreateIoCompletionPort CreateThread
      DuplicateHandle FormatMessage GetAdaptersAddresses GetAdaptersInfo GetOverlappedResult
      GetQueuedCompletionStatus GetQueuedCompletionStatusEx PostQueuedCompletionStatus
      ProcessSocketNotifications ReadFile SetConsoleCtrlHandler WriteFile if_indextoname if_nametoindex
    Winsock SPI, installing and calling back:
      WPUCloseEvent WPUCloseSocketHandle WPUCloseThread WPUCompleteOverlappedRequest WPUCreateEvent
      WPUCreateSocketHandle WPUFDIsSet WPUGetProviderPath WPUModifyIFSHandle WPUOpenCurrentThread
      WPUPostMessage WPUQueryBlockingCallback WPUQuerySocketHandleContext WPUQueueApc WPUResetEvent
      WPUSetEvent WSAAdvertiseProvider WSAProviderCompleteAsyncCall WSAUnadvertiseProvider
      WSCDeinstallProvider WSCDeinstallProvider32 WSCEnableNSProvider WSCEnableNSProvider32
      WSCEnumNameSpaceProviders32 WSCEnumNameSpaceProvidersEx32 WSCEnumProtocols WSCEnumProtocols32
      WSCGetApplicationCategory WSCGetProviderInfo WSCGetProviderInfo32 WSCGetProviderPath
      WSCGetProviderPath32 WSCInstallNameSpace WSCInstallNameSpace32 WSCInstallNameSpaceEx
      WSCInstallNameSpaceEx32 WSCInstallProvider WSCInstallProvider64_32 WSCInstallProviderAndChains
      WSCInstallProviderAndChains64_32 WSCSetApplicationCategory WSCSetProviderInfo
      WSCSetProviderInfo32 WSCUnInstallNameSpace WSCUnInstallNameSpace32 WSCUpdateProvider
      WSCUpdateProvider32 WSCWriteNameSpaceOrder WSCWriteNameSpaceOrder32 WSCWriteProviderOrder
      WSCWriteProviderOrder32
    Winsock SPI, transport and name space providers:
      NSPCleanup NSPGetServiceClassInfo NSPInstallServiceClass NSPIoctl NSPLookupServiceBegin
      NSPLookupServiceEnd NSPLookupServiceNext NSPRemoveServiceClass NSPSetService NSPStartup
      NSPv2Cleanup NSPv2ClientSessionRundown NSPv2LookupServiceBegin NSPv2LookupServiceEnd
      NSPv2LookupServiceNextEx NSPv2SetServiceEx NSPv2Startup WSPAccept WSPAddressToString
      WSPAsyncSelect WSPBind WSPCancelBlockingCall WSPCleanup WSPCloseSocket WSPConnect
      WSPDuplicateSocket WSPEnumNetworkEvents WSPEventSelect WSPGetOverlappedResult WSPGetPeerName
      WSPGetQOSByName WSPGetSockName WSPGetSockOpt WSPIoctl WSPJoinLeaf WSPListen WSPRecv
      WSPRecvDisconnect WSPRecvFrom WSPSelect WSPSend WSPSendDisconnect WSPSendTo WSPSetSockOpt
      WSPShutdown WSPSocket WSPStartup WSPStringToAddress
    """
  )

  /// Types, macros, constants and options, of either origin.
  ///
  /// Socket options are in the article on options; here are those that stand for a call.
  static let others = names(
    """
    types:
      addrinfo epoll_event fd_set hostent ifaddrs in6_addr in_addr pollfd protoent servent sockaddr
      sockaddr_in sockaddr_in6 sockaddr_storage sockaddr_un socklen_t timeval ucred
      INVALID_SOCKET OVERLAPPED SOCKADDR_IN SOCKADDR_IN6 SOCKADDR_INET SOCKADDR_STORAGE SOCKADDR_UN
      SOCKET SOCKET_ERROR WSABUF WSADATA WSANETWORKEVENTS WSAOVERLAPPED WSAPOLLFD WSAPROTOCOL_INFO
    addresses:
      ADDR_ANY IN6ADDR_ANY_INIT IN6ADDR_LOOPBACK_INIT IN6ADDR_SETV4MAPPED IN6_IS_ADDR_LINKLOCAL
      IN6_IS_ADDR_LOOPBACK IN6_IS_ADDR_MULTICAST IN6_IS_ADDR_UNSPECIFIED IN6_IS_ADDR_V4MAPPED
      INADDR_ANY INADDR_BROADCAST INADDR_LOOPBACK INADDR_NONE IN_MULTICAST in6addr_any in6addr_loopback
      AI_NUMERICHOST AI_PASSIVE NI_NUMERICHOST
    sockets:
      AF_INET AF_INET6 AF_LOCAL AF_PACKET AF_UNIX AF_UNSPEC IPPROTO_TCP IPPROTO_UDP SIO_RCVALL
      SOCK_CLOEXEC SOCK_DGRAM SOCK_NONBLOCK SOCK_RAW SOCK_SEQPACKET SOCK_STREAM SOMAXCONN
      WSA_FLAG_NO_HANDLE_INHERIT WSA_FLAG_OVERLAPPED FD_CLOEXEC O_NONBLOCK FIONBIO
    flags of messages:
      MSG_CTRUNC MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_ERRQUEUE MSG_MORE MSG_NOSIGNAL MSG_OOB
      MSG_PARTIAL MSG_PEEK MSG_TRUNC MSG_WAITALL SIGPIPE
    control messages:
      CMSG_DATA CMSG_FIRSTHDR CMSG_LEN CMSG_NXTHDR CMSG_SPACE IPV6_PKTINFO IP_PKTINFO SCM_CREDENTIALS
      SCM_RIGHTS SIO_AF_UNIX_GETPEERPID SO_PEERCRED
    readiness:
      EPOLLRDHUP F_SETOWN F_SETSIG FD_ACCEPT FD_CLOSE FD_CLR FD_CONNECT FD_ISSET FD_OOB FD_READ FD_SET FD_SETSIZE
      FD_WRITE FD_ZERO FIOASYNC O_ASYNC POLLRDHUP SIGIO SIGURG WSAGETASYNCBUFLEN WSAGETASYNCERROR
      WSAGETSELECTERROR WSAGETSELECTEVENT WSA_IO_PENDING SIGINT SIGTERM
    requests:
      FIONREAD SIOCATMARK SIOCGIFADDR SIOCGIFCONF SIOCGIFINDEX SIOCINQ SIOCOUTQ SIO_ADDRESS_LIST_CHANGE
      SIO_ADDRESS_LIST_QUERY SIO_GET_EXTENSION_FUNCTION_POINTER SIO_GET_INTERFACE_LIST
      SIO_IDEAL_SEND_BACKLOG_QUERY SIO_KEEPALIVE_VALS SIO_LOOPBACK_FAST_PATH
      SIO_ROUTING_INTERFACE_QUERY SIO_TCP_INFO SIO_UDP_CONNRESET
    options that stand for a call:
      IP_ADD_MEMBERSHIP IP_ADD_SOURCE_MEMBERSHIP IP_DROP_MEMBERSHIP IP_MULTICAST_IF IP_MULTICAST_LOOP
      IP_MULTICAST_TTL IPV6_ADD_MEMBERSHIP IPV6_JOIN_GROUP MCAST_JOIN_GROUP MCAST_JOIN_SOURCE_GROUP
      MCAST_LEAVE_GROUP SO_ACCEPTCONN SO_BROADCAST SO_CONDITIONAL_ACCEPT SO_CONNECT_TIME SO_DOMAIN SO_ERROR
      SO_EXCLUSIVEADDRUSE SO_LINGER SO_OOBINLINE SO_PROTOCOL SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR
      SO_REUSEPORT SO_SNDTIMEO SO_TYPE SO_UPDATE_ACCEPT_CONTEXT SO_UPDATE_CONNECT_CONTEXT TCP_CORK
      UDP_GRO UDP_SEGMENT SD_BOTH SD_RECEIVE SD_SEND SHUT_RD SHUT_RDWR SHUT_WR
    errors:
      errno h_errno
    """
  )

  /// The names of a list, without the headings, which end with a colon.
  private static func names(_ list: String) -> Set<String> {
    let lines = list.split(separator: "\n").filter { !$0.hasSuffix(":") }
    return Set(lines.flatMap { $0.split(separator: " ") }.map(String.init))
  }
}
